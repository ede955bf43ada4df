// What the numbers mean, for people who see the tool for the first time.

/** @typedef {import("./report.js").RunModel} RunModel */

/** Title and text. @param {RunModel[]} runs @returns {[string, string][]} */
export function explanations(runs) {
  const clock = runs.some((run) => run.data.streams.some((stream) => stream.source === "clock"));
  const perCode = runs.some((run) => run.data.estimate_unit === "accesses_per_ns_of_code");
  /** @type {[string, string][]} */
  const words = [
    [
      "The picture",
      "Time goes from left to right, addresses from the bottom to the top. Each dot is one or more sampled accesses; blue dots read, vermillion dots write, purple ones do both. A stronger colour means more accesses, on a logarithmic scale. Boxes are objects: as high as their addresses, as wide as their life. Addresses without accesses are left out; a dashed line with a zigzag at the axis shows where. Small objects are drawn larger than their share of the addresses, so that they can be seen."
    ],
    [
      "Sampled accesses",
      clock ?
          "They are samples, not a count of all accesses. After each period of CPU time the program is interrupted for an instant; the addresses that the code around this place reads and writes are computed from the registers. The addresses are exact. One interruption can give several accesses." :
          "They are samples, not a count of all accesses: the processor reports one out of many."
    ],
    [
      "Estimated accesses",
      "How often the code is taken to have run. Slow code is interrupted more often than fast code that runs as many times; the estimate makes up for it, as far as it can." +
          (perCode ?
               " Here it is as if each instruction took 1 ns, so only the ratio of two estimates means something." :
               "")
    ],
    [
      "Time",
      "Share of the CPU time. Each interruption counts once, however many accesses it gave: where time goes."
    ],
    [
      "Loads and stores",
      "An instruction that reads and writes the same place counts as a load and as a store, so that loads and stores together can be more than all accesses. An access of which the source does not tell whether it reads or writes is neither: it counts among accesses, and apart as of unknown kind."
    ],
    [
      "Objects",
      "What lay at the address at the time of the access: a heap block, named by the code that allocated it; a variable; a stack; a mapped file. Blocks that the same code allocated are one group. Accesses that belong to no object are counted above, by reason."
    ],
    ["Allocations", "Every single one is recorded: these numbers are exact, unlike those of accesses."],
    [
      "Losses",
      "What happened and is not among the records is counted, by reason: nothing is lost silently. Samples without an address are no loss of data; they came while the code touched no memory, or in code whose addresses could not be computed."
    ],
  ];
  if (runs.some((run) => run.data.defect)) {
    words.push([
      "Damage",
      "The file of a recording is cut or damaged. What stands before the damage is good and shown; what came after is not in any number here."
    ]);
  }
  if (runs.length > 1) {
    words.push([
      "Two runs",
      "Both are shown on the same time. Groups of the same site are one row of the differences. Runs that were sampled at different rates, or for different times, have different numbers of samples: compare their shares rather than their counts."
    ]);
  }
  return words;
}
