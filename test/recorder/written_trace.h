// A trace in a temporary file, to see what the code under test has written into it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "heimdallr/trace_reader.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {

class WrittenTrace {
 public:
  WrittenTrace() {
    auto writer = trace::TraceWriter::Create(path_, TraceHeader{.tool_version = "test"},
                                             trace::Compression::kNone, trace::Overwrite::kReplace);
    REQUIRE(writer.ok());
    writer_ = *std::move(writer);
  }
  ~WrittenTrace() { unlink(path_.c_str()); }
  WrittenTrace(const WrittenTrace&) = delete;
  WrittenTrace& operator=(const WrittenTrace&) = delete;

  trace::TraceWriter& writer() { return *writer_; }

  /// Ends the trace and returns its records of one type, in order of time.
  template <typename T>
  std::vector<T> Read() {
    if (!reader_) ReadAll();
    std::vector<T> selected;
    for (const Record& record : records_) {
      if (const T* match = std::get_if<T>(&record)) selected.push_back(*match);
    }
    return selected;
  }

  /// Likewise, its symbols.
  Symbols ReadSymbols() {
    if (!reader_) ReadAll();
    return reader_->symbols();
  }

  [[nodiscard]] const TraceReader& reader() const { return *reader_; }

 private:
  void ReadAll() {
    REQUIRE(writer_->Finish({}).ok());
    auto reader = TraceReader::Open(path_);
    REQUIRE(reader.ok());
    reader_ = *std::move(reader);
    while (true) {
      const auto record = reader_->Next();
      REQUIRE(record.ok());
      if (*record == nullptr) break;
      records_.push_back(**record);
    }
  }

  std::string path_ = (std::filesystem::temp_directory_path() /
                       ("heimdallr-recorder-test-" + std::to_string(getpid()) + ".htrace"));
  std::optional<trace::TraceWriter> writer_;
  std::optional<TraceReader> reader_;
  std::vector<Record> records_;
};

}  // namespace heimdallr::recorder
