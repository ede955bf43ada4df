#include "report/page_server.h"

#include <httplib.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heimdallr::report {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
// Browsers keep up to six connections to a host open, each of which occupies a thread.
constexpr std::size_t kThreads = 8;
constexpr int kNotFound = 404;
constexpr int kForbidden = 403;
constexpr int kBadRequest = 400;
constexpr int kServerError = 500;
constexpr int kMethodNotAllowed = 405;

// The page needs its own inline script and style, workers made of it, and its samples.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src "
    "'unsafe-inline'; img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action "
    "'none'; frame-ancestors 'none'";

absl::StatusOr<std::string> MakeSecret() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return absl::InternalError(
        fmt::format("the kernel gave no random bytes: {}", std::generic_category().message(errno)));
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<VisibleRange> RangeOf(const httplib::Request& request) {
  const auto begin = Parse<std::uint64_t>(request.get_param_value("begin_ns"));
  const auto end = Parse<std::uint64_t>(request.get_param_value("end_ns"));
  const auto axis_begin = Parse<std::uint32_t>(request.get_param_value("axis_begin"));
  const auto axis_end = Parse<std::uint32_t>(request.get_param_value("axis_end"));
  if (!begin || !end || !axis_begin || !axis_end) return std::nullopt;
  return VisibleRange{*begin, *end, *axis_begin, *axis_end};
}

void Refuse(httplib::Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(why + "\n", "text/plain");
}

void Fail(httplib::Response& response, const absl::Status& status) {
  Refuse(response, absl::IsNotFound(status) ? kNotFound : kServerError, status.ToString());
}

}  // namespace

class PageServer::Impl {
 public:
  Impl(PageContents contents, std::string secret)
      : contents_(std::move(contents)), secret_(std::move(secret)) {}

  absl::Status Bind(std::uint16_t port);
  absl::Status Run();
  void Stop();
  [[nodiscard]] std::string url() const {
    return fmt::format("http://{}:{}/{}/", kLoopback, port_, secret_);
  }

 private:
  void AddHandlers();
  [[nodiscard]] bool HostFits(const httplib::Request& request) const;
  void GivePage(httplib::Response& response);
  void GiveChunk(const httplib::Request& request, httplib::Response& response);
  void GiveRange(const httplib::Request& request, httplib::Response& response);

  PageContents contents_;
  std::mutex contents_mutex_;
  std::string secret_;
  httplib::Server server_;
  int port_ = 0;
  std::mutex state_mutex_;
  std::condition_variable ended_;
  bool stopped_ = false;
  bool running_ = false;
};

absl::Status PageServer::Impl::Bind(std::uint16_t port) {
  // The library's own choice is SO_REUSEPORT: two servers would then share a port.
  server_.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  AddHandlers();
  if (port == 0) {
    port_ = server_.bind_to_any_port(kLoopback);
  } else {
    port_ = server_.bind_to_port(kLoopback, port) ? port : -1;
  }
  if (port_ > 0) return absl::OkStatus();
  return absl::UnavailableError(
      port == 0 ? fmt::format("cannot listen on {}: no port is free", kLoopback)
                : fmt::format("cannot listen on {}:{}: the port is taken or reserved. Choose "
                              "another, or none for any that is free",
                              kLoopback, port));
}

bool PageServer::Impl::HostFits(const httplib::Request& request) const {
  const std::string host = request.get_header_value("Host");
  return host == fmt::format("{}:{}", kLoopback, port_) ||
         host == fmt::format("localhost:{}", port_);
}

void PageServer::Impl::AddHandlers() {
  server_.set_default_headers({{"Content-Security-Policy", kContentPolicy},
                               {"Referrer-Policy", "no-referrer"},
                               {"X-Content-Type-Options", "nosniff"},
                               {"Cross-Origin-Resource-Policy", "same-origin"},
                               {"Cache-Control", "no-store"}});
  server_.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        using Result = httplib::Server::HandlerResponse;
        if (!HostFits(request)) {
          Refuse(response, kForbidden, "not for this host name");
          return Result::Handled;
        }
        if (request.method != "GET" && request.method != "HEAD") {
          Refuse(response, kMethodNotAllowed, "only GET");
          return Result::Handled;
        }
        return Result::Unhandled;
      });
  const std::string root = "/" + secret_;
  server_.Get(root + "/",
              [this](const httplib::Request&, httplib::Response& response) { GivePage(response); });
  server_.Get(root + R"(/samples/(\d{1,3})/(\d{1,9}))",
              [this](const httplib::Request& request, httplib::Response& response) {
                GiveChunk(request, response);
              });
  server_.Get(root + R"(/samples/(\d{1,3}))",
              [this](const httplib::Request& request, httplib::Response& response) {
                GiveRange(request, response);
              });
}

void PageServer::Impl::GivePage(httplib::Response& response) {
  const std::lock_guard lock(contents_mutex_);
  auto page = contents_.page();
  if (!page.ok()) return Fail(response, page.status());
  response.set_content(*std::move(page), "text/html; charset=utf-8");
}

void PageServer::Impl::GiveChunk(const httplib::Request& request, httplib::Response& response) {
  const auto run = Parse<std::size_t>(request.matches[1].str());
  const auto chunk = Parse<std::size_t>(request.matches[2].str());
  if (!run || !chunk) return Refuse(response, kBadRequest, "which chunk?");
  const std::lock_guard lock(contents_mutex_);
  auto bytes = contents_.chunk(*run, *chunk);
  if (!bytes.ok()) return Fail(response, bytes.status());
  response.set_content(*std::move(bytes), "application/gzip");
}

void PageServer::Impl::GiveRange(const httplib::Request& request, httplib::Response& response) {
  const auto run = Parse<std::size_t>(request.matches[1].str());
  const auto range = RangeOf(request);
  if (!run || !range) {
    return Refuse(response, kBadRequest, "needs begin_ns, end_ns, axis_begin and axis_end");
  }
  const std::lock_guard lock(contents_mutex_);
  auto samples = contents_.range(*run, *range);
  if (!samples.ok()) return Fail(response, samples.status());
  response.set_header("X-Heimdallr-Samples", samples->description);
  response.set_content(samples->planes, "application/gzip");
}

absl::Status PageServer::Impl::Run() {
  {
    const std::lock_guard lock(state_mutex_);
    if (stopped_) return absl::OkStatus();
    running_ = true;
  }
  const bool listened = server_.listen_after_bind();
  const std::lock_guard lock(state_mutex_);
  running_ = false;
  ended_.notify_all();
  if (listened || stopped_) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("the server on {}:{} ended by itself: the system takes "
                  "no more connections there",
                  kLoopback, port_));
}

void PageServer::Impl::Stop() {
  constexpr auto kRetry = std::chrono::milliseconds(10);
  std::unique_lock lock(state_mutex_);
  stopped_ = true;
  // The library forgets a stop that comes just before it begins to listen.
  do {
    server_.stop();
  } while (!ended_.wait_for(lock, kRetry, [this] { return !running_; }));
}

absl::StatusOr<std::unique_ptr<PageServer>> PageServer::Open(std::uint16_t port,
                                                             PageContents contents) {
  auto secret = MakeSecret();
  if (!secret.ok()) return secret.status();
  auto impl = std::make_unique<Impl>(std::move(contents), *std::move(secret));
  if (auto status = impl->Bind(port); !status.ok()) return status;
  return std::unique_ptr<PageServer>(new PageServer(std::move(impl)));
}

PageServer::PageServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageServer::~PageServer() = default;
std::string PageServer::url() const { return impl_->url(); }
absl::Status PageServer::Run() { return impl_->Run(); }
void PageServer::Stop() { impl_->Stop(); }

}  // namespace heimdallr::report
