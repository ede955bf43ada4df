#include "report/page_server.h"

#include <httplib.h>

#include <string>
#include <thread>

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

// A server with a page "<p>", the chunk 0/0 "chunk", and ranges that say what was asked.
class Running {
 public:
  Running() : server_(*PageServer::Open(0, Contents())) {
    thread_ = std::thread([this] { status_ = server_->Run(); });
    const std::string url = server_->url();
    const std::size_t path = url.find('/', std::string("http://").size());
    root_ = url.substr(path);
    port_ = std::stoi(url.substr(url.rfind(':') + 1));
  }
  ~Running() {
    server_->Stop();
    thread_.join();
    CHECK(status_.ok());
  }

  httplib::Result Get(const std::string& path, const httplib::Headers& headers = {}) {
    httplib::Client client("127.0.0.1", port_);
    return client.Get(path, headers);
  }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  static PageContents Contents() {
    return {.page = [] { return std::string("<p>"); },
            .chunk = [](std::size_t run, std::size_t chunk) -> absl::StatusOr<std::string> {
              if (run != 0 || chunk != 0) return absl::NotFoundError("no such chunk");
              return "chunk";
            },
            .range = [](std::size_t, const VisibleRange& range) -> absl::StatusOr<RangeSamples> {
              return RangeSamples{
                  std::to_string(range.begin_ns) + "-" + std::to_string(range.axis_end),
                  "{\"count\":0}"};
            }};
  }

  std::unique_ptr<PageServer> server_;
  absl::Status status_;
  std::thread thread_;
  std::string root_;
  int port_ = 0;
};

TEST_CASE("PageServer: gives the page, its chunks and ranges below its secret") {
  Running server;
  const auto page = server.Get(server.root());
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->body == "<p>");
  CHECK(page->get_header_value("Content-Type") == "text/html; charset=utf-8");
  CHECK(page->get_header_value("X-Content-Type-Options") == "nosniff");
  CHECK(server.Get(server.root() + "samples/0/0")->body == "chunk");
  CHECK(server.Get(server.root() + "samples/0/1")->status == 404);
  const auto range =
      server.Get(server.root() + "samples/0?begin_ns=12345678901&end_ns=2&axis_begin=3&axis_end=4");
  CHECK(range->body == "12345678901-4");
  CHECK(range->get_header_value("X-Heimdallr-Samples") == "{\"count\":0}");
}

TEST_CASE("PageServer: gives nothing without the secret") {
  Running server;
  CHECK(server.root().size() == 34);  // 128 bits in hexadecimal, and two slashes
  CHECK(server.Get("/")->status == 404);
  CHECK(server.Get("/00000000000000000000000000000000/")->status == 404);
  CHECK(server.Get("/samples/0/0")->status == 404);
  Running other;
  CHECK(server.root() != other.root());
  CHECK(server.Get(other.root())->status == 404);
}

TEST_CASE("PageServer: refuses other host names, other methods and odd questions") {
  Running server;
  CHECK(server.Get(server.root(), {{"Host", "evil.example"}})->status == 403);
  const std::string port = std::to_string(server.port());
  CHECK(server.Get(server.root(), {{"Host", "localhost:" + port}})->status == 200);
  httplib::Client client("127.0.0.1", server.port());
  CHECK(client.Post(server.root())->status == 405);
  CHECK(server.Get(server.root() + "samples/0?begin_ns=-1&end_ns=2&axis_begin=3&axis_end=4")
            ->status == 400);
  CHECK(server.Get(server.root() + "samples/0?begin_ns=1")->status == 400);
  CHECK(server.Get(server.root() + "samples/..%2f..%2fetc%2fpasswd")->status == 404);
}

TEST_CASE("PageServer: a port that is taken is said") {
  Running server;
  const auto second = PageServer::Open(static_cast<std::uint16_t>(server.port()), {});
  REQUIRE_FALSE(second.ok());
  CHECK(absl::IsUnavailable(second.status()));
  CHECK(second.status().message().find(std::to_string(server.port())) != std::string_view::npos);
}

TEST_CASE("PageServer: may be stopped before it runs") {
  const auto server = PageServer::Open(0, {});
  REQUIRE(server.ok());
  (*server)->Stop();
  CHECK((*server)->Run().ok());
}

}  // namespace
}  // namespace heimdallr::report
