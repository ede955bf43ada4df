-- Recordings of heimdallr in a SQLite database. README.md beside this file explains it as a whole;
-- the tables of sums are in sums.sql.
--
-- Everywhere: times (_ns) are nanoseconds since the start of the recording. Addresses and other
-- 64-bit values are kept as SQLite's signed integers, so those from 2^63 on are negative. Text is
-- TEXT if it is valid UTF-8 and has no NUL, otherwise a BLOB of the same bytes. The words for
-- numbers such as `call` and `kind` are in `names`.

-- What the numbers of enumerated columns are called: of = 'access_kind', 'allocation_call', ...
CREATE TABLE names(
  of TEXT NOT NULL,
  value INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (of, value)
) WITHOUT ROWID;

-- A workload recorded in one mode, once or several times.
CREATE TABLE runs(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,        -- the run id, such as 'bt.A.clock'
  workload TEXT NOT NULL,           -- such as 'bt.A'
  mode TEXT NOT NULL                -- such as 'clock' or 'dry'; '' = none was given
);

-- One recording, with its header and totals.
CREATE TABLE repetitions(
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs(id),
  number INTEGER NOT NULL,          -- within the run, from 1
  identity TEXT NOT NULL UNIQUE,    -- tells one trace from every other
  path TEXT,                        -- of the trace it was converted from
  whole INTEGER NOT NULL,           -- 1 = its records are here; 0 = its totals alone
  defect_code INTEGER,              -- why reading the trace ended early (absl::StatusCode);
  defect TEXT,                      --   NULL = it was read to its end
  -- The rows of the tables of records have the ids first_id .. first_id + records - 1, in the
  -- order of the trace, which is that of time but for few that came late.
  first_id INTEGER,
  records INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,          -- time of the last record
  command TEXT,                     -- command_line as one text, for people
  -- The header.
  format_version INTEGER NOT NULL,
  tool_version TEXT,
  host TEXT,
  kernel TEXT,
  processor TEXT,
  online_cpus INTEGER NOT NULL,
  page_size_bytes INTEGER NOT NULL,
  start_realtime_ns INTEGER NOT NULL,   -- since 1970, UTC
  start_monotonic_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,                 -- of the first process
  working_directory TEXT,
  allocations_asked INTEGER NOT NULL,   -- 1 = allocations were to be recorded
  dry_run INTEGER NOT NULL,             -- 1 = the program was only timed
  stack_depth INTEGER NOT NULL,         -- frames kept of each allocation's stack; 0 = its caller
  success_status INTEGER NOT NULL,      -- exit status of a run that went well
  origin INTEGER NOT NULL,              -- 0 = recorded; 1 = imported; 2 = synthetic
  -- The trace file.
  good_bytes INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  late_records INTEGER NOT NULL,
  unknown_chunks INTEGER NOT NULL,
  finished INTEGER NOT NULL,        -- 1 = the recorder ended it itself
  cut INTEGER NOT NULL,             -- 1 = it ends in the middle of a chunk
  -- What recording cost; NULL = the trace has no end.
  recorder_user_ns INTEGER,
  recorder_system_ns INTEGER,
  recorder_wall_ns INTEGER,
  recorder_ticks INTEGER,
  recorder_channel_events INTEGER,
  -- Records by type.
  accesses INTEGER NOT NULL,
  faults INTEGER NOT NULL,
  allocations INTEGER NOT NULL,     -- deallocations included
  mappings INTEGER NOT NULL,
  process_events INTEGER NOT NULL,
  thread_events INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  statistics INTEGER NOT NULL,
  periods INTEGER NOT NULL,
  placements INTEGER NOT NULL,
  -- What running the first process cost; NULL = not known.
  wall_ns INTEGER,
  user_ns INTEGER,
  system_ns INTEGER,
  max_rss_bytes INTEGER,
  minor_faults INTEGER,
  major_faults INTEGER,
  exit_code INTEGER,                -- -1 = ended by a signal, or not known
  exit_signal INTEGER,
  statistics_source INTEGER,
  -- Size of a cell of `heat`; NULL = there is none.
  heat_time_ns INTEGER,
  heat_page_bytes INTEGER,
  UNIQUE (run, number)
);

CREATE TABLE command_line(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  position INTEGER NOT NULL,        -- from 0
  word TEXT,
  PRIMARY KEY (repetition, position)
) WITHOUT ROWID;

-- Variables of the environment that change how memory is used.
CREATE TABLE environment(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  position INTEGER NOT NULL,
  setting TEXT,                     -- NAME=VALUE
  PRIMARY KEY (repetition, position)
) WITHOUT ROWID;

-- Where allocations could come from. Without a row all are the program's own allocator's.
CREATE TABLE memories(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  position INTEGER NOT NULL,
  number INTEGER NOT NULL,          -- what `memory` columns name; 0 = the program's own allocator
  name TEXT,                        -- "pmem:/mnt/pmem"
  nodes TEXT,                       -- where its pages should be: "0,1"; NULL = the kernel decides
  blocks INTEGER NOT NULL,          -- of the heap that it served, and the bytes asked for
  bytes INTEGER NOT NULL,
  PRIMARY KEY (repetition, position)
) WITHOUT ROWID;

-- Memory nodes of the machine.
CREATE TABLE nodes(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  position INTEGER NOT NULL,
  number INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,    -- 0 = processors alone
  cpus TEXT,                        -- "0,1"; NULL = memory alone
  distances TEXT,                   -- to each node, in the order of position; 10 = itself
  PRIMARY KEY (repetition, position)
) WITHOUT ROWID;

-- Sampled events, and what each gave.
CREATE TABLE streams(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  position INTEGER NOT NULL,        -- in the header, from 0
  number INTEGER NOT NULL,          -- what `stream` columns name
  source INTEGER NOT NULL,
  name TEXT,
  event TEXT,
  period INTEGER NOT NULL,
  frequency_hz INTEGER NOT NULL,    -- asked for; 0 = a fixed period was
  precise_level INTEGER NOT NULL,
  minimum_latency_cycles INTEGER NOT NULL,
  may_batch INTEGER NOT NULL,       -- the processor may hand over many samples at one interrupt
  loads INTEGER NOT NULL,
  stores INTEGER NOT NULL,
  load_stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  direct INTEGER NOT NULL,          -- of these accesses: not replayed
  ticks_with_access INTEGER NOT NULL,
  ticks_without_access INTEGER NOT NULL,
  faults INTEGER NOT NULL,
  shortest_period INTEGER NOT NULL, -- of the samples; 0 = none tells
  longest_period INTEGER NOT NULL,
  PRIMARY KEY (repetition, position)
) WITHOUT ROWID;

-- ---- Names of code and data ----

-- Files that were mapped or executed.
CREATE TABLE modules(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  path TEXT,
  build_id BLOB,                    -- NULL = none
  first_mapped_offset INTEGER       -- NULL = nothing of it is named
);

-- Places in code: of a module by the bytes into its file, else of a process by address.
CREATE TABLE places(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  module INTEGER REFERENCES modules(id),  -- NULL = code in no file
  pid INTEGER,                            -- whose code, if in no file
  offset INTEGER NOT NULL,
  named INTEGER NOT NULL,           -- 1 = `frames` has its names
  function TEXT,                    -- inlined deepest; 'FILE+0x...' when not known
  file TEXT,
  line INTEGER NOT NULL,            -- 0 = not known
  outer_function TEXT               -- the one that holds the code
);

-- Functions at a place, the one inlined deepest first (depth 0).
CREATE TABLE frames(
  place INTEGER NOT NULL REFERENCES places(id),
  depth INTEGER NOT NULL,
  function TEXT,
  file TEXT,
  line INTEGER NOT NULL,
  PRIMARY KEY (place, depth)
) WITHOUT ROWID;

-- Addresses at which places were seen. A caller's is its return address, its place the byte before.
CREATE TABLE code(
  id INTEGER PRIMARY KEY,
  place INTEGER NOT NULL REFERENCES places(id),
  address INTEGER NOT NULL
);

-- Variables and sections of modules.
CREATE TABLE data_symbols(
  id INTEGER PRIMARY KEY,
  module INTEGER NOT NULL REFERENCES modules(id),
  offset INTEGER NOT NULL,          -- bytes from the module's first mapped byte
  size INTEGER NOT NULL,
  kind INTEGER NOT NULL,            -- 0 = object, 1 = section
  name TEXT
);

-- Call stacks of allocations, innermost first (depth 0). A stack that several processes have is
-- named by the code of the first.
CREATE TABLE stacks(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  stack INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  code INTEGER NOT NULL REFERENCES code(id),
  PRIMARY KEY (repetition, stack, depth)
) WITHOUT ROWID;

-- ---- Processes and threads ----

CREATE TABLE processes(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  pid INTEGER NOT NULL,
  parent_pid INTEGER,
  command TEXT,                     -- of its last image, as is `executable`
  executable TEXT,
  start_ns INTEGER NOT NULL,
  exit_ns INTEGER,                  -- NULL = alive at the end
  execs INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  attached INTEGER NOT NULL,        -- 1 = its allocations were recorded
  accesses INTEGER NOT NULL,
  allocations INTEGER NOT NULL,     -- of the heap, that succeeded
  allocated_bytes INTEGER NOT NULL,
  wall_ns INTEGER,                  -- NULL, and so on: not known
  user_ns INTEGER,
  system_ns INTEGER,
  max_rss_bytes INTEGER,
  exit_code INTEGER,
  exit_signal INTEGER
);

-- Threads that records name.
CREATE TABLE threads(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  pid INTEGER NOT NULL,
  tid INTEGER NOT NULL,
  name TEXT                         -- the last it had; NULL = none was set
);

-- ---- Records, one row each: all that the trace had. The id gives their order over all tables ----

-- What many accesses have in common.
CREATE TABLE access_forms(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  stream INTEGER NOT NULL,
  kind INTEGER NOT NULL,            -- 1 = load, 2 = store, 3 = both in one
  size INTEGER NOT NULL,            -- bytes; 0 = not known
  direct INTEGER NOT NULL,          -- 1 = of the instruction at the tick, 0 = replayed
  weight REAL NOT NULL,
  period INTEGER NOT NULL,
  data_source INTEGER NOT NULL,     -- perf_mem_data_src
  data_source_name TEXT NOT NULL,
  estimate REAL NOT NULL,           -- accesses such a record stands for
  time_ns REAL NOT NULL,            -- CPU time it stands for: its part of its tick's
  unmatched INTEGER NOT NULL        -- why it has no object; 0 = it has one
);

CREATE TABLE accesses(
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  thread INTEGER NOT NULL,          -- threads.id
  code INTEGER NOT NULL,            -- code.id
  object INTEGER,                   -- objects.id; NULL = none, access_forms.unmatched tells why
  address INTEGER NOT NULL,
  form INTEGER NOT NULL,            -- access_forms.id
  tick INTEGER NOT NULL,            -- number of the sample in its stream; 0 = not known
  cpu INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL   -- 0 = not measured
);

CREATE TABLE faults(
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  code INTEGER NOT NULL,
  object INTEGER,
  address INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  unmatched INTEGER NOT NULL
);

CREATE TABLE allocations(
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  thread INTEGER NOT NULL,
  event INTEGER NOT NULL,           -- 0 = allocate, 1 = deallocate
  call INTEGER NOT NULL,
  address INTEGER NOT NULL,         -- 0 of event 0: the call failed
  size INTEGER NOT NULL,
  old_address INTEGER NOT NULL,     -- of realloc and its kin; 0 = none
  caller INTEGER,                   -- code.id; NULL = not known
  stack INTEGER NOT NULL,           -- stacks.stack; 0 = none
  memory INTEGER NOT NULL           -- memories.number of what served it; 0 = its own allocator
);

CREATE TABLE mappings(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  tid INTEGER NOT NULL,
  address INTEGER NOT NULL,
  size INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  module INTEGER NOT NULL,          -- modules.id: path and build-id
  protection INTEGER NOT NULL,      -- PROT_* bits
  shared INTEGER NOT NULL
);

CREATE TABLE process_events(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  event INTEGER NOT NULL,
  parent_pid INTEGER NOT NULL,
  command TEXT,
  executable TEXT,
  build_id BLOB
);

CREATE TABLE thread_events(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  tid INTEGER NOT NULL,
  event INTEGER NOT NULL,
  name TEXT,
  thread_pointer INTEGER NOT NULL,
  stack_top INTEGER NOT NULL
);

-- What is missing from the records, in its place among them.
CREATE TABLE losses(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,             -- 0 = not of one process
  tid INTEGER NOT NULL,
  stream INTEGER NOT NULL,          -- 0 = not of samples
  kind INTEGER NOT NULL,
  count INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL
);

-- What running each process cost.
CREATE TABLE statistics(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  wall_ns INTEGER NOT NULL,
  user_ns INTEGER NOT NULL,
  system_ns INTEGER NOT NULL,
  max_rss_bytes INTEGER NOT NULL,
  minor_faults INTEGER NOT NULL,
  major_faults INTEGER NOT NULL,
  exit_code INTEGER NOT NULL,
  exit_signal INTEGER NOT NULL,
  source INTEGER NOT NULL
);

-- How often was sampled, as the governor chose it.
CREATE TABLE periods(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  period INTEGER NOT NULL,
  sample_cost_ns INTEGER NOT NULL,
  overhead REAL NOT NULL            -- 0.05 = 5 % of the CPU time
);

-- Where pages lay when the recorder looked: pages that follow each other on one node.
CREATE TABLE placements(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  address INTEGER NOT NULL,
  size INTEGER NOT NULL,
  node INTEGER NOT NULL,
  weight REAL NOT NULL              -- what each of these pages stands for
);
