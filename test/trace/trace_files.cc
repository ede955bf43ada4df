#include "trace_files.h"

#include <array>
#include <string_view>
#include <variant>

#include <fmt/format.h>

namespace heimdallr::trace {
namespace {

constexpr std::array<std::string_view, 4> kTexts = {
    "", "/usr/lib/libc.so.6", std::string_view("\x00\xff\x80 not UTF-8", 12), "[heap]"};

std::string Text(const AccessRecord& r) {
  return fmt::format("access {} {} {} {} {} {} {} {} {} {} {} {} {} {}", r.time_ns, r.ip, r.address,
                     r.tick, r.data_source, r.latency_cycles, r.weight, r.pid, r.tid, r.cpu, r.size,
                     r.stream, static_cast<int>(r.kind), r.direct) +
         (r.period == 0 ? "" : fmt::format(" {}", r.period));  // not in the oldest golden file
}
std::string Text(const PlacementRecord& r) {
  return fmt::format("placement {} {:x} {} {} {} {}", r.time_ns, r.address, r.size, r.weight,
                     r.node, r.pid);
}

std::string Text(const FaultRecord& r) {
  return fmt::format("fault {} {} {} {} {} {} {}", r.time_ns, r.ip, r.address, r.pid, r.tid, r.cpu,
                     r.stream);
}
std::string Text(const AllocationRecord& r) {
  return fmt::format("allocation {} {} {} {} {} {} {} {} {} {}", r.time_ns, r.address, r.size,
                     r.old_address, r.caller, r.stack, r.pid, r.tid, static_cast<int>(r.call),
                     static_cast<int>(r.event)) +
         (r.memory == 0 ? "" : fmt::format(" {}", r.memory));  // not in the older golden files
}
std::string Text(const MappingRecord& r) {
  return fmt::format("mapping {} {} {} {} {} {} {} {} {} {} {}", r.time_ns, r.address, r.size,
                     r.offset, r.inode, r.path, r.build_id, r.protection, r.pid, r.tid, r.shared);
}
std::string Text(const ProcessRecord& r) {
  return fmt::format("process {} {} {} {} {} {} {}", r.time_ns, r.command, r.executable, r.build_id,
                     r.pid, r.parent_pid, static_cast<int>(r.event));
}
std::string Text(const ThreadRecord& r) {
  return fmt::format("thread {} {} {} {} {} {} {}", r.time_ns, r.name, r.thread_pointer,
                     r.stack_top, r.pid, r.tid, static_cast<int>(r.event));
}
std::string Text(const LossRecord& r) {
  return fmt::format("loss {} {} {} {} {} {} {}", r.time_ns, r.count, r.duration_ns, r.pid, r.tid,
                     r.stream, static_cast<int>(r.kind));
}
std::string Text(const StatisticsRecord& r) {
  return fmt::format("statistics {} {} {} {} {} {} {} {} {} {} {}", r.time_ns, r.wall_ns, r.user_ns,
                     r.system_ns, r.max_rss_bytes, r.minor_faults, r.major_faults, r.pid,
                     r.exit_code, r.exit_signal, static_cast<int>(r.source));
}
std::string Text(const PeriodRecord& r) {
  return fmt::format("period {} {} {} {} {}", r.time_ns, r.period, r.sample_cost_ns, r.overhead,
                     r.stream);
}

}  // namespace

TraceHeader FullHeader() {
  TraceHeader header;
  header.format_version = 1;
  header.tool_version = "0.1.0";
  header.host = "node7";
  header.kernel = "6.1.0 x86_64";
  header.processor = "A Processor";
  header.online_cpus = 96;
  header.page_size_bytes = 4096;
  header.start_realtime_ns = 1'700'000'000'123'456'789;
  header.start_monotonic_ns = 98'765'432'101;
  header.pid = 4711;
  header.command_line = {"./bt.A", "", "-x \xff"};
  header.working_directory = "/home/someone";
  header.environment = {"OMP_NUM_THREADS=8"};
  header.streams = {{.id = 1,
                     .source = SourceKind::kClock,
                     .name = "clock",
                     .event = "cpu-clock:u",
                     .period = 1'000'000,
                     .frequency_hz = 1000,
                     .precise_level = 2,
                     .minimum_latency_cycles = 30,
                     .may_batch = true},
                    {.id = 255, .source = SourceKind::kFaults, .name = "faults"}};
  header.allocations = true;
  header.dry_run = true;
  header.stack_depth = 16;
  header.success_status = 3;
  header.origin = TraceOrigin::kImported;
  header.memories = {{.id = 0, .name = "node:0,2", .nodes = {0, 2}},
                     {.id = 255, .name = "pmem:/mnt/\xff"}};
  header.nodes = {
      {.id = 0, .memory_bytes = 12'884'901'888, .cpus = {0, 1, 300}, .distances = {10, 17}},
      {.id = 2, .memory_bytes = 1, .distances = {17, 10}}};
  return header;
}

// A number of 0 to `most` bits, small ones as often as large ones.
std::uint64_t RandomRecords::Bits(int most) {
  const auto bits = random_() % static_cast<std::uint64_t>(most + 1);
  return bits == 0 ? 0 : random_() >> (64 - bits);
}

Record RandomRecords::Access() {
  AccessRecord r;
  r.time_ns = time_ns_;
  r.ip = 0x400000 + random_() % 50;
  r.address = Bits(64);
  r.tick = tick_ += random_() % 3;
  r.data_source = random_() % 4 == 0 ? 0 : 1 + random_() % 5;
  r.latency_cycles = static_cast<std::uint32_t>(Bits(32));
  r.weight = 1.0F / static_cast<float>(1 + random_() % 4);
  r.period = random_() % 4 == 0 ? Bits(64) : 1'000'000;
  r.pid = Pid();
  r.tid = r.pid + static_cast<std::int32_t>(random_() % 4);
  r.cpu = static_cast<std::uint32_t>(random_() % 2);
  r.size = static_cast<std::uint16_t>(1U << (random_() % 16));
  r.stream = static_cast<std::uint8_t>(random_() % 2 == 0 ? 1 : 255);
  r.kind = static_cast<AccessKind>(random_() % 4);
  r.direct = random_() % 2 == 0;
  return r;
}

Record RandomRecords::Allocation() {
  AllocationRecord r;
  r.time_ns = time_ns_;
  r.address = random_() % 8 == 0 ? 0 : Bits(64);
  r.size = random_() % 2 == 0 ? 0 : Bits(64);
  r.old_address = random_() % 4 == 0 ? Bits(64) : 0;
  r.caller = 0x7f0000000000 + random_() % 50;
  r.stack = static_cast<std::uint32_t>(random_() % 3);
  r.pid = Pid();
  r.tid = r.pid + static_cast<std::int32_t>(random_() % 4);
  r.call = static_cast<AllocationCall>(random_() % 22);
  r.event = static_cast<AllocationEvent>(random_() % 2);
  r.memory = random_() % 2 == 0 ? 0 : static_cast<std::uint8_t>(Bits(8));
  return r;
}

Record RandomRecords::Rare() {
  const auto text = [this] { return kTexts[random_() % kTexts.size()]; };
  const auto id = [this] { return static_cast<std::int32_t>(Bits(31)); };
  switch (random_() % 8) {
    case 0:
      return FaultRecord{.time_ns = time_ns_,
                         .ip = Bits(48),
                         .address = Bits(64),
                         .pid = Pid(),
                         .tid = id(),
                         .cpu = static_cast<std::uint32_t>(Bits(32)),
                         .stream = static_cast<std::uint8_t>(Bits(8))};
    case 7:
      return PlacementRecord{.time_ns = time_ns_,
                             .address = Bits(64),
                             .size = Bits(64),
                             .weight = static_cast<float>(Bits(10)) / 4,
                             .node = static_cast<std::uint32_t>(Bits(32)),
                             .pid = Pid()};
    case 1:
      return MappingRecord{.time_ns = time_ns_,
                           .address = Bits(64),
                           .size = Bits(64),
                           .offset = Bits(64),
                           .inode = Bits(64),
                           .path = text(),
                           .build_id = text(),
                           .protection = static_cast<std::uint32_t>(Bits(32)),
                           .pid = Pid(),
                           .tid = id(),
                           .shared = random_() % 2 == 0};
    case 2:
      return ProcessRecord{.time_ns = time_ns_,
                           .command = text(),
                           .executable = text(),
                           .build_id = text(),
                           .pid = id(),
                           .parent_pid = id(),
                           .event = static_cast<ProcessEvent>(random_() % 4)};
    case 3:
      return ThreadRecord{.time_ns = time_ns_,
                          .name = text(),
                          .thread_pointer = Bits(64),
                          .stack_top = Bits(64),
                          .pid = id(),
                          .tid = id(),
                          .event = static_cast<ThreadEvent>(random_() % 4)};
    case 4:
      return LossRecord{.time_ns = time_ns_,
                        .count = Bits(64),
                        .duration_ns = Bits(64),
                        .pid = id(),
                        .tid = id(),
                        .stream = static_cast<std::uint8_t>(Bits(8)),
                        .kind = static_cast<LossKind>(random_() % kLossKinds)};
    case 5:
      return PeriodRecord{.time_ns = time_ns_,
                          .period = Bits(64),
                          .sample_cost_ns = Bits(64),
                          .overhead = static_cast<float>(random_() % 1000) / 1000.0F,
                          .stream = static_cast<std::uint8_t>(Bits(8))};
    default:
      return StatisticsRecord{.time_ns = time_ns_,
                              .wall_ns = Bits(64),
                              .user_ns = Bits(64),
                              .system_ns = Bits(64),
                              .max_rss_bytes = Bits(64),
                              .minor_faults = Bits(64),
                              .major_faults = Bits(64),
                              .pid = id(),
                              .exit_code = static_cast<std::int32_t>(random_() % 257) - 1,
                              .exit_signal = static_cast<std::int32_t>(random_() % 32),
                              .source = static_cast<StatisticsSource>(random_() % 3)};
  }
}

Record RandomRecords::Next() {
  time_ns_ += 1 + Bits(20);
  switch (random_() % 8) {
    case 0:
      return Rare();
    case 1:
    case 2:
    case 3:
      return Access();
    default:
      return Allocation();
  }
}

std::string ToText(const Record& record) {
  return std::visit([](const auto& r) { return Text(r); }, record);
}

Symbols ExampleSymbols() {
  Symbols symbols;
  symbols.modules[{"/usr/bin/solver", "\x01\xfe"}] = {
      .path = "/usr/bin/solver",
      .build_id = "\x01\xfe",
      .code = {{.offset = 0x1139,
                .frames = {{"Vector::at(unsigned long)", "vector.h", 40},
                           {"Relax(Grid&)", "relax.cc", 4'000'000'000}}},
               {.offset = 0x113a, .frames = {{"main", "", 0}}}},
      .data = {
          {.offset = 0x4000, .size = 0x2000, .name = ".bss", .kind = DataSymbol::Kind::kSection},
          {.offset = 0x4040, .size = 4096, .name = "grid"}}};
  symbols.modules[{"/usr/lib/libm.so.6", ""}] = {
      .path = "/usr/lib/libm.so.6",
      .first_mapped_offset = 4096,
      .code = {{.offset = 7, .frames = {{"libm.so.6+0x0", "", 0}}}}};
  symbols.processes[4711] = {
      .pid = 4711, .code = {{.offset = 0x7f0000001000, .frames = {{"JIT:loop a b", "", 0}}}}};
  return symbols;
}

std::string ToText(const Symbols& symbols) {
  std::string text;
  const auto add_code = [&](const std::vector<CodeSymbol>& code) {
    for (const CodeSymbol& symbol : code) {
      text += fmt::format("  code {}", symbol.offset);
      for (const CodeFrame& frame : symbol.frames) {
        text += fmt::format(" {} {}:{}", frame.function, frame.file, frame.line);
      }
      text += '\n';
    }
  };
  for (const auto& [key, module] : symbols.modules) {
    text += fmt::format("module {} {} {} {} {}\n", key.first, key.second, module.path,
                        module.build_id, module.first_mapped_offset);
    add_code(module.code);
    for (const DataSymbol& data : module.data) {
      text += fmt::format("  data {} {} {} {}\n", data.offset, data.size, data.name,
                          static_cast<int>(data.kind));
    }
  }
  for (const auto& [pid, process] : symbols.processes) {
    text += fmt::format("process {} {}\n", pid, process.pid);
    add_code(process.code);
  }
  return text;
}

void AddTo(TraceWriter& writer, const Record& record) {
  std::visit([&](const auto& r) { writer.Add(r); }, record);
}

ReadTrace Read(const std::string& path) {
  ReadTrace trace;
  auto reader = TraceReader::Open(path);
  if (!reader.ok()) {
    trace.status = reader.status();
    return trace;
  }
  trace.header = reader->header();
  trace.early_symbols = ToText(reader->symbols());
  while (true) {
    const auto record = reader->Next();
    trace.status = record.status();
    if (!record.ok() || *record == nullptr) break;
    trace.records.push_back(ToText(**record));
    trace.times_ns.push_back(TimeNs(**record));
  }
  trace.extent = reader->extent();
  trace.statistics = reader->recorder_statistics();
  trace.symbols = ToText(reader->symbols());
  return trace;
}

}  // namespace heimdallr::trace
