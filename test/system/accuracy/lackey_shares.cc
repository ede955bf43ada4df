// lackey-shares [BUCKET_BYTES] < LOG: sums what `valgrind --tool=lackey --trace-mem=yes` prints, as
// it comes, so that nothing of that size need be kept.
//
// Prints one line "KIND IP BUCKET COUNT" for each kind of access (L, S, M = both), instruction and
// bucket of addresses, both in hexadecimal; the bucket is its first address, 0 when BUCKET_BYTES is
// 0 or not given. Of kind I are the times the instruction itself ran. Lines of valgrind's own are
// passed over.
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <tuple>

#include <absl/container/flat_hash_map.h>

namespace {

using Key = std::tuple<char, std::uint64_t, std::uint64_t>;  // kind, instruction, bucket

// The tally of a stream of lackey's lines, which may be cut anywhere.
class Tally {
 public:
  explicit Tally(std::uint64_t bucket_bytes) : bucket_bytes_(bucket_bytes) {}

  // "I  04001f0,3" or " L 1ffeff000,8"; anything else is not lackey's.
  void Line(std::string_view line) {
    if (line.size() < 5 || line[2] != ' ') return;
    const bool instruction = line[0] == 'I' && line[1] == ' ';
    const char kind = line[1];
    if (!instruction && (line[0] != ' ' || (kind != 'L' && kind != 'S' && kind != 'M'))) return;
    std::uint64_t address = 0;
    const char* end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data() + 3, end, address, 16);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != ',') return;
    if (instruction) ip_ = address;
    const bool no_bucket = instruction || bucket_bytes_ == 0;
    const std::uint64_t bucket = no_bucket ? 0 : address - address % bucket_bytes_;
    ++counts_[{instruction ? 'I' : kind, ip_, bucket}];
  }

  void Print() const {
    for (const auto& [key, count] : counts_) {
      const auto& [kind, ip, bucket] = key;
      std::printf("%c %lx %lx %lu\n", kind, ip, bucket, count);
    }
  }

 private:
  std::uint64_t bucket_bytes_;
  std::uint64_t ip_ = 0;
  absl::flat_hash_map<Key, std::uint64_t> counts_;
};

// Gives the whole lines of standard input to `tally`; false when reading fails.
bool ReadAll(Tally& tally) {
  static std::array<char, std::size_t{1} << 20> buffer;
  std::size_t kept = 0;  // bytes of a line whose end has not come yet
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer.data() + kept, buffer.size() - kept);
    if (got < 0) return false;
    if (got == 0) return true;
    std::string_view text(buffer.data(), kept + static_cast<std::size_t>(got));
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      tally.Line(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    // A line that fills the buffer is nothing of lackey's.
    kept = text.size() == buffer.size() ? 0 : text.size();
    text.copy(buffer.data(), kept);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Tally tally(argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 0);
  if (!ReadAll(tally)) {
    std::perror("lackey-shares: cannot read standard input");
    return 1;
  }
  tally.Print();
  return std::fflush(stdout) == 0 ? 0 : 1;
}
