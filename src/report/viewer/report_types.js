// The types of what the page is given; ../README.md says what each member means.

/**
 * Columns of one length.
 * @typedef {{process: number[], address: string[], size: number[], start: number[], label: number[]}}
 * AxisPieces
 * @typedef {{unit_bytes: number, length: number, pieces: AxisPieces}} AxisData
 *
 * @typedef {{id: number, source: string, name: string, event: string, period: number,
 *   frequency_hz: number, precise_level: number, minimum_latency_cycles: number}} StreamData
 *
 * @typedef {{host: string, kernel: string, processor: string, cpus: number, page_size: number,
 *   start_realtime_ns: string, command_line: string[], working_directory: string,
 *   environment: string[], tool_version: string, allocations: boolean, dry_run: boolean,
 *   stack_depth: number, origin: string}} HeaderData
 *
 * @typedef {{accesses: number, loads: number, stores: number, load_stores: number,
 *   unknown: number, faults: number, estimated_loads: number, estimated_stores: number,
 *   time_ns: number, ticks: number, ticks_without_access: number, latency_records: number,
 *   latency_cycles: number, allocations: number, allocated_bytes: number, deallocations: number,
 *   peak_live_bytes: number, peak_time_ns: number, never_freed_blocks: number,
 *   never_freed_bytes: number, mapped_peak_bytes: number, objects: number,
 *   records: number}} TotalsData
 *
 * @typedef {{name: number[], type: number[], call: number[], site: number[], key: number[],
 *   count: number[], bytes: number[], mean_lifetime_ns: number[], loads: number[],
 *   stores: number[], load_stores: number[], unknown: number[], estimated_loads: number[],
 *   estimated_stores: number[], time_ns: number[], faults: number[], latency_records: number[],
 *   latency_cycles: number[], first_ns: number[], last_ns: number[], threads: number[],
 *   folded_objects: number[], folded_records: number[], sources: number[]}} GroupColumns
 *
 * @typedef {{group: number[], process: number[], address: string[], size: number[],
 *   start: number[], end: number[], number: number[], loads: number[], stores: number[],
 *   load_stores: number[], unknown: number[], faults: number[], latency_records: number[],
 *   latency_cycles: number[], first_ns: number[], last_ns: number[]}} ObjectColumns
 *
 * @typedef {{stack: number[], module: number[], loads: number[], stores: number[],
 *   load_stores: number[], unknown: number[], estimated_loads: number[],
 *   estimated_stores: number[], time_ns: number[], faults: number[], latency_records: number[],
 *   latency_cycles: number[], place: number[]}} CodeColumns
 *
 * @typedef {{function: number[], file: number[], line: number[]}} FrameColumns
 *
 * @typedef {{stack: number[], call: number[], group: number[], allocations: number[],
 *   bytes: number[], live_bytes: number[], live_blocks: number[], peak_bytes: number[],
 *   at_peak_bytes: number[], temporary: number[]}} SiteColumns
 *
 * @typedef {{bins: number, heap_bytes: number[], mapped_bytes: number[], allocations: number[],
 *   deallocations: number[], loads: number[], stores: number[], unknown: number[],
 *   faults: number[], lost: number[],
 *   ticks_without_access: number[]}} SeriesData
 *
 * @typedef {{bins: number, index: number[], bin: number[], loads: number[], stores: number[],
 *   load_stores: number[], unknown: number[]}} SparseBins
 *
 * @typedef {{complete: boolean, count: number, total: number, weight: number,
 *   chunks: {count: number[], first_ns: number[], time_unit_ns: number[]}, planes: string[],
 *   estimate_scale: ?number, time_scale: number}} SamplesData
 *
 * @typedef {{name: string, header: HeaderData, streams: StreamData[], begin_ns: number,
 *   end_ns: number,
 *   filters: {time: ?number[], address: ?string[], objects: ?string}, defect: ?string,
 *   estimate_unit: string, totals: TotalsData,
 *   unmatched: {reason: string, records: number, loads: number, stores: number,
 *     load_stores: number, unknown: number}[],
 *   losses: {kind: string, stream: number, count: number, duration_ns: number,
 *     missing: boolean, text: string}[],
 *   statistics: ?{wall_ns: number, user_ns: number, system_ns: number, max_rss_bytes: number,
 *     minor_faults: number, major_faults: number, exit_code: number, exit_signal: number},
 *   recorder: ?{user_ns: number, system_ns: number, wall_ns: number, ticks: number,
 *     channel_events: number},
 *   strings: string[],
 *   processes: {pid: number[], parent: number[], command: number[], start: number[],
 *     threads: number[], end: number[]},
 *   threads: {process: number[], tid: number[], name: number[]},
 *   axis: AxisData, groups: GroupColumns, objects: ObjectColumns, code: CodeColumns,
 *   frames: FrameColumns, code_stacks: number[][], allocation_sites: SiteColumns,
 *   allocation_stacks: number[][],
 *   allocation_bins: {bins: number, site: number[], bin: number[], allocations: number[],
 *     bytes: number[]},
 *   series: SeriesData,
 *   periods: {stream: number[], time: number[], period: number[], sample_cost_ns: number[],
 *     overhead: number[]},
 *   stalls: {time: number[], kind: number[], count: number[], duration_ns: number[]},
 *   faults: {time: number[], y: number[], object: number[], thread: number[]},
 *   fault_total: number,
 *   latency: {bins: number[], loads: number[], stores: number[], unknown: number[]},
 *   source_names: string[], source_counts: number[][], sources_total: number,
 *   thread_groups: {thread: number[], group: number[], loads: number[], stores: number[],
 *     unknown: number[],
 *     latency_cycles: number[], latency_records: number[], remote: number[]},
 *   tiles: {columns: number, rows: number, loads: string, stores: string, unknown?: string},
 *   object_bins?: SparseBins, code_bins?: SparseBins, samples: SamplesData}} RunData
 *
 * @typedef {{version: number, tool: string, served: boolean, runs: RunData[]}} ReportData
 */

/**
 * One chunk of samples, decoded: columns in order of time.
 * `time`: ns since the start of the recording; `place`: on the axis x 1024, shifted left by 2, and
 * the AccessKind; `y`: axis units; `object`: 0 none, 1 + index into objects, behind them one for each
 * group of those that are not told apart (RunModel.groupOfRow);
 * `latency`: empty where no source tells; `estimate`, `cpu`: IEEE half, empty when all are the
 * scale itself or 0; `low`, `high`: least and greatest place of each block.
 * @typedef {{count: number, time: Float64Array, place: Uint32Array, y: Uint32Array,
 *   object: Uint32Array, code: Uint16Array, thread: Uint16Array, meta: Uint8Array,
 *   latency: Uint16Array, estimate: Uint16Array, cpu: Uint16Array, low: Uint32Array,
 *   high: Uint32Array}} SampleChunk
 */
