// Decodes a Perfetto trace by protobufjs and sums up what is in it.
//
//     node read_perfetto.mjs FILE [SCHEMA]
//
// SCHEMA is Perfetto's own protos/perfetto/trace/perfetto_trace.proto. Without it the fields are
// those of perfetto_fields.json, which lists numbers and types of Perfetto's trace_packet.proto and
// what that includes, as of 2026; a field that is not in the schema is an error. HEIMDALLR_NODE is
// the folder of node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.HEIMDALLR_NODE + "/");
const protobuf = require("protobufjs");
const [path, schema] = process.argv.slice(2);

function typeOfFields() {
  const root = new protobuf.Root();
  const fields = JSON.parse(readFileSync(new URL("perfetto_fields.json", import.meta.url), "utf8"));
  for (const [name, members] of Object.entries(fields)) {
    const type = new protobuf.Type(name);
    for (const [member, [number, kind]] of Object.entries(members)) {
      const repeated = kind.endsWith("*");
      const options = repeated ? { packed: false } : undefined;
      type.add(new protobuf.Field(member, number, kind.replace("*", ""), repeated ? "repeated" : undefined,
                                  undefined, options));
    }
    root.add(type);
  }
  return root.lookupType("Trace");
}

function typeOfSchema() {
  const { root } = protobuf.parse(readFileSync(schema, "utf8"), new protobuf.Root(), { keepCase: true });
  return root.lookupType("perfetto.protos.Trace");
}

const Trace = schema ? typeOfSchema() : typeOfFields();
const message = Trace.decode(readFileSync(path));

function refuseUnknown(value, where) {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return;
  if (value.$unknowns?.length) throw new Error(`${where}: fields that the schema does not have`);
  for (const [key, member] of Object.entries(value)) {
    if (key !== "$unknowns") refuseUnknown(member, `${where}.${key}`);
  }
}
refuseUnknown(message, "Trace");

const trace = Trace.toObject(message, { longs: String, bytes: Buffer, arrays: true });
const text = (bytes) => bytes.toString("utf8");
const tracks = {}, names = {}, frames = {}, stacks = {}, mappings = {}, paths = {};
const summary = { packets: trace.packet.length, clocks: {}, processes: {}, threads: {}, counters: {},
                  instants: [], heap: [] };
for (const packet of trace.packet) {
  const { track_descriptor: track, interned_data: data } = packet;
  for (const clock of packet.clock_snapshot?.clocks ?? []) summary.clocks[clock.clock_id] = clock.timestamp;
  if (track) {
    tracks[track.uuid] = track;
    if (track.process) summary.processes[track.process.pid] = track.process;
    if (track.thread) summary.threads[track.thread.tid] = track.thread;
  }
  for (const entry of data?.function_names ?? []) names[entry.iid] = text(entry.str);
  for (const entry of data?.mapping_paths ?? []) paths[entry.iid] = text(entry.str);
  for (const entry of data?.mappings ?? []) mappings[entry.iid] = entry;
  for (const entry of data?.frames ?? []) frames[entry.iid] = entry;
  for (const entry of data?.callstacks ?? []) stacks[entry.iid] = entry.frame_ids;
}
for (const packet of trace.packet) {
  const event = packet.track_event;
  const kind = event && Number(event.type === "TYPE_COUNTER" ? 4 : event.type === "TYPE_INSTANT" ? 3 : event.type);
  if (kind === 4) {
    const track = tracks[event.track_uuid];
    const process = tracks[track.parent_uuid]?.process?.pid ?? 0;
    ((summary.counters[process] ??= {})[track.name] ??= []).push([packet.timestamp, event.counter_value]);
  } else if (kind === 3) {
    const thread = tracks[event.track_uuid].thread.tid;
    const annotations = event.debug_annotations.map((note) =>
      [note.name, note.string_value ?? note.pointer_value ?? note.uint_value]);
    summary.instants.push({ time: packet.timestamp, name: event.name, thread,
                            ...Object.fromEntries(annotations) });
  }
  for (const dump of packet.profile_packet?.process_dumps ?? []) {
    for (const sample of dump.samples) {
      const stack = stacks[sample.callstack_id].map((id) => names[frames[id].function_name_id]);
      const modules = stacks[sample.callstack_id].map((id) =>
        (mappings[frames[id].mapping_id].path_string_ids ?? []).map((part) => paths[part]).join("/"));
      summary.heap.push({ pid: dump.pid, stack, modules, ...sample });
    }
  }
}
console.log(JSON.stringify(summary));
