-- Made after the tables have been filled. Nothing reads these but people: they may be changed.

-- `accesses`, `faults` and `allocations` have no index but their id: building one takes three times
-- as long as all the rest. Make one where a database is asked often, such as
--   CREATE INDEX accesses_by_object ON accesses(object);
CREATE INDEX IF NOT EXISTS threads_by_repetition ON threads(repetition, pid, tid);
CREATE INDEX IF NOT EXISTS processes_by_repetition ON processes(repetition, pid);
CREATE INDEX IF NOT EXISTS modules_by_repetition ON modules(repetition);
CREATE INDEX IF NOT EXISTS places_by_repetition ON places(repetition, module, offset);
CREATE INDEX IF NOT EXISTS code_by_place ON code(place);
CREATE INDEX IF NOT EXISTS data_symbols_by_module ON data_symbols(module, offset);
CREATE INDEX IF NOT EXISTS access_forms_by_repetition ON access_forms(repetition);
CREATE INDEX IF NOT EXISTS object_groups_by_repetition ON object_groups(repetition);
CREATE INDEX IF NOT EXISTS objects_by_repetition ON objects(repetition, number);
CREATE INDEX IF NOT EXISTS objects_by_group ON objects(object_group);
CREATE INDEX IF NOT EXISTS sites_by_repetition ON sites(repetition);

-- Recordings in short.
CREATE VIEW IF NOT EXISTS recordings AS
SELECT r.id, runs.name AS run, runs.workload, runs.mode, r.number, r.whole, r.command, r.host,
       datetime(r.start_realtime_ns / 1000000000, 'unixepoch') AS started_utc,
       r.wall_ns / 1e9 AS wall_s, r.user_ns / 1e9 AS user_s, r.system_ns / 1e9 AS system_s,
       r.max_rss_bytes, r.exit_code, r.exit_signal, r.records, r.accesses, r.faults, r.allocations,
       r.defect
FROM repetitions AS r JOIN runs ON runs.id = r.run;

-- Accesses with all their names.
CREATE VIEW IF NOT EXISTS access_list AS
SELECT a.id, runs.name AS run, r.number AS repetition, a.time_ns, t.pid, t.tid,
       t.name AS thread_name, a.cpu, kind.name AS kind, a.address, f.size, f.direct, f.weight,
       f.period, f.estimate, f.time_ns AS cpu_ns, a.latency_cycles, f.data_source_name,
       a.tick, f.stream, p.function, p.file, p.line, m.path AS module, c.address AS ip,
       o.number AS object, g.name AS object_name, type.name AS object_type,
       a.address - o.address AS object_offset, reason.name AS unmatched
FROM accesses AS a
JOIN threads AS t ON t.id = a.thread
JOIN repetitions AS r ON r.id = t.repetition
JOIN runs ON runs.id = r.run
JOIN access_forms AS f ON f.id = a.form
JOIN code AS c ON c.id = a.code
JOIN places AS p ON p.id = c.place
LEFT JOIN modules AS m ON m.id = p.module
LEFT JOIN objects AS o ON o.id = a.object
LEFT JOIN object_groups AS g ON g.id = o.object_group
LEFT JOIN names AS kind ON kind.of = 'access_kind' AND kind.value = f.kind
LEFT JOIN names AS type ON type.of = 'object_type' AND type.value = g.type
LEFT JOIN names AS reason ON reason.of = 'unmatched' AND reason.value = f.unmatched
                          AND a.object IS NULL;

CREATE VIEW IF NOT EXISTS fault_list AS
SELECT a.id, runs.name AS run, r.number AS repetition, a.time_ns, t.pid, t.tid, a.cpu, a.address,
       p.function, p.file, p.line, m.path AS module, o.number AS object, g.name AS object_name
FROM faults AS a
JOIN threads AS t ON t.id = a.thread
JOIN repetitions AS r ON r.id = t.repetition
JOIN runs ON runs.id = r.run
JOIN code AS c ON c.id = a.code
JOIN places AS p ON p.id = c.place
LEFT JOIN modules AS m ON m.id = p.module
LEFT JOIN objects AS o ON o.id = a.object
LEFT JOIN object_groups AS g ON g.id = o.object_group;

CREATE VIEW IF NOT EXISTS allocation_list AS
SELECT a.id, runs.name AS run, r.number AS repetition, a.time_ns, t.pid, t.tid,
       event.name AS event, call.name AS call, a.address, a.size, a.old_address, a.stack,
       served.name AS memory, p.function, p.file, p.line, m.path AS module
FROM allocations AS a
JOIN threads AS t ON t.id = a.thread
JOIN repetitions AS r ON r.id = t.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN code AS c ON c.id = a.caller
LEFT JOIN places AS p ON p.id = c.place
LEFT JOIN modules AS m ON m.id = p.module
LEFT JOIN memories AS served ON served.repetition = t.repetition AND served.number = a.memory
                            AND a.event = 0 AND a.address != 0
LEFT JOIN names AS event ON event.of = 'allocation_event' AND event.value = a.event
LEFT JOIN names AS call ON call.of = 'allocation_call' AND call.value = a.call;

-- Where pages lay, look by look. `bytes` is what those that were seen stand for.
CREATE VIEW IF NOT EXISTS placement_list AS
SELECT p.id, runs.name AS run, r.number AS repetition, p.time_ns, p.pid, p.address, p.size, p.node,
       p.size * p.weight AS bytes
FROM placements AS p
JOIN repetitions AS r ON r.id = p.repetition
JOIN runs ON runs.id = r.run;

-- Kinds of objects with their share of all estimated accesses and of CPU time. Ticks that gave no
-- access count as the mean of the others.
CREATE VIEW IF NOT EXISTS group_list AS
SELECT runs.name AS run, r.number AS repetition, g.id AS object_group, g.name, type.name AS type,
       call.name AS call, g.objects, g.bytes, g.mean_lifetime_ns, g.loads, g.stores, g.load_stores,
       g.estimated_loads, g.estimated_stores, g.cpu_ns, g.faults, g.threads,
       (g.estimated_loads + g.estimated_stores) / nullif(
         (SELECT sum(estimated_loads + estimated_stores) FROM object_groups
          WHERE repetition = g.repetition) +
         (SELECT coalesce(sum(estimated_loads + estimated_stores), 0) FROM unmatched
          WHERE repetition = g.repetition), 0) AS access_share,
       g.cpu_ns / nullif(
         ((SELECT sum(cpu_ns) FROM object_groups WHERE repetition = g.repetition) +
          (SELECT coalesce(sum(cpu_ns), 0) FROM unmatched WHERE repetition = g.repetition)) *
         (SELECT 1 + coalesce(sum(ticks_without_access) * 1.0 / nullif(sum(ticks_with_access), 0),
                              0) FROM streams WHERE repetition = g.repetition), 0)
         AS time_share,
       g.latency_cycles * 1.0 / nullif(g.latency_records, 0) AS mean_latency_cycles
FROM object_groups AS g
JOIN repetitions AS r ON r.id = g.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN names AS type ON type.of = 'object_type' AND type.value = g.type
LEFT JOIN names AS call ON call.of = 'allocation_call' AND call.value = g.call AND g.call <> 0;

-- Each object that was accessed.
CREATE VIEW IF NOT EXISTS object_list AS
SELECT runs.name AS run, r.number AS repetition, o.id AS object, o.number, g.name,
       type.name AS type, o.pid, o.tid, o.address, o.size, o.start_ns, o.end_ns, o.loads, o.stores,
       o.load_stores, o.estimated_loads, o.estimated_stores, o.cpu_ns, o.faults, o.threads,
       (o.estimated_loads + o.estimated_stores) / nullif(o.size, 0) AS accesses_per_byte
FROM objects AS o
JOIN object_groups AS g ON g.id = o.object_group
JOIN repetitions AS r ON r.id = o.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN names AS type ON type.of = 'object_type' AND type.value = g.type;

-- Accesses by function and line.
CREATE VIEW IF NOT EXISTS code_list AS
SELECT runs.name AS run, r.number AS repetition, p.function, p.outer_function, p.file, p.line,
       m.path AS module, sum(i.loads) AS loads, sum(i.stores) AS stores,
       sum(i.load_stores) AS load_stores, sum(i.estimated_loads) AS estimated_loads,
       sum(i.estimated_stores) AS estimated_stores, sum(i.cpu_ns) AS cpu_ns,
       sum(i.faults) AS faults
FROM instructions AS i
JOIN places AS p ON p.id = i.place
JOIN repetitions AS r ON r.id = p.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN modules AS m ON m.id = p.module
GROUP BY p.repetition, p.module, p.function, p.outer_function, p.file, p.line;

CREATE VIEW IF NOT EXISTS site_list AS
SELECT runs.name AS run, r.number AS repetition, call.name AS call, p.function, p.file, p.line,
       m.path AS module, s.allocations, s.bytes, s.peak_live_bytes,
       s.live_blocks + s.left_blocks AS never_freed_blocks,
       s.live_bytes + s.left_bytes AS never_freed_bytes
FROM sites AS s
JOIN places AS p ON p.id = s.place
JOIN repetitions AS r ON r.id = s.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN modules AS m ON m.id = p.module
LEFT JOIN names AS call ON call.of = 'allocation_call' AND call.value = s.call;

CREATE VIEW IF NOT EXISTS loss_list AS
SELECT runs.name AS run, r.number AS repetition, l.stream, kind.name AS kind, l.count,
       l.duration_ns
FROM loss_totals AS l
JOIN repetitions AS r ON r.id = l.repetition
JOIN runs ON runs.id = r.run
LEFT JOIN names AS kind ON kind.of = 'loss_kind' AND kind.value = l.kind;
