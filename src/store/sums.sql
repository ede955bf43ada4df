-- Sums of a recording, made while it is converted: the tables beside those of schema.sql.
--
-- loads .. unknown count records of accesses by kind; estimated_* are accesses executed; cpu_ns is
-- the CPU time of the ticks; latency_cycles is summed over latency_records; threads counts those
-- that accessed. first_ns and last_ns are NULL without an access.

-- Objects of one kind: blocks by the call chain that asked for them, variables, mappings, stacks.
CREATE TABLE object_groups(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  type INTEGER NOT NULL,
  call INTEGER NOT NULL,            -- of blocks and mappings
  name TEXT,
  site INTEGER REFERENCES places(id),     -- the call that asked for memory
  module TEXT,                      -- path, of variables and sections
  objects INTEGER NOT NULL,         -- accessed or not
  bytes INTEGER NOT NULL,           -- their sizes in all
  live INTEGER NOT NULL,            -- not ended when the recording did
  mean_lifetime_ns REAL NOT NULL,
  loads INTEGER NOT NULL,
  stores INTEGER NOT NULL,
  load_stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  estimated_loads REAL NOT NULL,
  estimated_stores REAL NOT NULL,
  cpu_ns REAL NOT NULL,
  faults INTEGER NOT NULL,
  latency_records INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  threads INTEGER NOT NULL
);

-- The call chain of a group, innermost first.
CREATE TABLE group_frames(
  object_group INTEGER NOT NULL REFERENCES object_groups(id),
  depth INTEGER NOT NULL,
  place INTEGER NOT NULL REFERENCES places(id),
  PRIMARY KEY (object_group, depth)
) WITHOUT ROWID;

-- Each object that was accessed.
CREATE TABLE objects(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  number INTEGER NOT NULL,          -- in the order of first accesses, from 1
  object_group INTEGER NOT NULL REFERENCES object_groups(id),
  pid INTEGER NOT NULL,
  tid INTEGER NOT NULL,             -- of a thread's stack; else 0
  address INTEGER NOT NULL,
  size INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,                   -- NULL = there until the end
  loads INTEGER NOT NULL,
  stores INTEGER NOT NULL,
  load_stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  estimated_loads REAL NOT NULL,
  estimated_stores REAL NOT NULL,
  cpu_ns REAL NOT NULL,
  faults INTEGER NOT NULL,
  latency_records INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  threads INTEGER NOT NULL
);

-- Accesses to no object, by the reason.
CREATE TABLE unmatched(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  reason INTEGER NOT NULL,
  loads INTEGER NOT NULL,
  stores INTEGER NOT NULL,
  load_stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  estimated_loads REAL NOT NULL,
  estimated_stores REAL NOT NULL,
  cpu_ns REAL NOT NULL,
  faults INTEGER NOT NULL,
  latency_records INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  threads INTEGER NOT NULL,
  PRIMARY KEY (repetition, reason)
) WITHOUT ROWID;

-- Accesses by the instruction that makes them.
CREATE TABLE instructions(
  place INTEGER PRIMARY KEY REFERENCES places(id),
  loads INTEGER NOT NULL,
  stores INTEGER NOT NULL,
  load_stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  estimated_loads REAL NOT NULL,
  estimated_stores REAL NOT NULL,
  cpu_ns REAL NOT NULL,
  faults INTEGER NOT NULL,
  latency_records INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  threads INTEGER NOT NULL
);

-- Places that allocate, over all processes.
CREATE TABLE sites(
  id INTEGER PRIMARY KEY,
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  place INTEGER NOT NULL REFERENCES places(id),
  call INTEGER NOT NULL,
  allocations INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  live_blocks INTEGER NOT NULL,     -- when the recording ended
  live_bytes INTEGER NOT NULL,
  peak_live_bytes INTEGER NOT NULL,
  left_blocks INTEGER NOT NULL,     -- live when their process ended or executed another program
  left_bytes INTEGER NOT NULL
);

-- Losses by stream and kind.
CREATE TABLE loss_totals(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  stream INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  count INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  PRIMARY KEY (repetition, stream, kind)
) WITHOUT ROWID;

-- Accesses by time and page, in cells of repetitions.heat_time_ns x heat_page_bytes: as fine as
-- some ten thousand cells allow.
CREATE TABLE heat(
  repetition INTEGER NOT NULL REFERENCES repetitions(id),
  pid INTEGER NOT NULL,             -- 0 of all, where there are thousands of processes
  page INTEGER NOT NULL,            -- first address / heat_page_bytes
  time INTEGER NOT NULL,            -- first ns / heat_time_ns
  loads INTEGER NOT NULL,           -- a load_store counts as one of each
  stores INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  PRIMARY KEY (repetition, pid, page, time)
) WITHOUT ROWID;
