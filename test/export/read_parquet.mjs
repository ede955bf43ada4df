// Sums the columns of the Parquet files of a folder by two readers that know nothing of each other.
//
//     node read_parquet.mjs FOLDER
//
// Prints {duckdb, hyparquet: {rows, columns: {NAME: {present, sum, min, max}}}, partitions, bounds}:
// sums of numbers, of flags that are set, of the lengths of texts; all as text. `bounds` is what
// DuckDB finds in the statistics of the row groups. HEIMDALLR_NODE is the folder of node_modules.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.HEIMDALLR_NODE + "/");
const { DuckDBInstance } = require("@duckdb/node-api");
const { parquetReadObjects } =
  await import(pathToFileURL(join(process.env.HEIMDALLR_NODE, "node_modules/hyparquet/src/index.js")));
// node's zlib has no zstd before version 22.15.
const compressors = {
  ZSTD: (bytes) => spawnSync("zstd", ["-dc"], { input: bytes, maxBuffer: 1 << 28 }).stdout,
};
const folder = process.argv[2];
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".parquet"))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();

async function query(connection, sql) {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

async function byDuckDb() {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const source = `read_parquet('${folder}/**/*.parquet', hive_partitioning = false)`;
  const described = await query(connection, `DESCRIBE SELECT * FROM ${source}`);
  const columns = {};
  for (const { column_name: name, column_type: type } of described) {
    const value = type === "VARCHAR" ? `length("${name}")` : `CAST("${name}" AS DECIMAL(38, 3))`;
    const number = type === "BOOLEAN" ? `CAST("${name}" AS INTEGER)` : type === "DOUBLE" ? `"${name}"` : value;
    const [sums] = await query(connection,
      `SELECT count("${name}") AS present, sum(${number}) AS sum, min("${name}") AS min, max("${name}") AS max FROM ${source}`);
    columns[name] = Object.fromEntries(Object.entries(sums).map(([key, entry]) => [key, String(entry)]));
  }
  const [{ rows }] = await query(connection, `SELECT count(*) AS rows FROM ${source}`);
  const partitions = await query(connection,
    `SELECT DISTINCT run, rank FROM read_parquet('${folder}/**/*.parquet', hive_partitioning = true) ORDER BY ALL`);
  const bounds = await query(connection,
    `SELECT path_in_schema AS name, min(stats_min_value) AS min, max(stats_max_value) AS max,
            sum(stats_null_count) AS absent, count(*) AS chunks
     FROM parquet_metadata('${folder}/**/*.parquet') GROUP BY 1`);
  return { result: { rows: String(rows), columns }, partitions, bounds };
}

function add(column, value) {
  if (value === null || value === undefined) return;
  ++column.present;
  if (typeof value === "string") column.sum += [...value].length;
  else if (typeof value === "boolean") column.sum += value ? 1 : 0;
  else column.sum = typeof value === "bigint" ? BigInt(column.sum) + value : column.sum + value;
  if (column.min === null || value < column.min) column.min = value;
  if (column.max === null || value > column.max) column.max = value;
}

async function byHyparquet() {
  let rows = 0;
  const columns = {};
  for (const path of files) {
    const bytes = readFileSync(path);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    for (const row of await parquetReadObjects({ file, compressors })) {
      ++rows;
      for (const [name, value] of Object.entries(row)) {
        columns[name] ??= { present: 0, sum: 0, min: null, max: null };
        add(columns[name], value);
      }
    }
  }
  const text = (column) => Object.fromEntries(Object.entries(column).map(([key, value]) => [key, String(value)]));
  return { rows: String(rows), columns: Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, text(column)])) };
}

const { result: duckdb, partitions, bounds } = await byDuckDb();
console.log(JSON.stringify({ duckdb, hyparquet: await byHyparquet(), partitions, bounds, files: files.length },
  (_, value) => (typeof value === "bigint" ? String(value) : value)));
