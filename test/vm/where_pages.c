/* where_pages MIB [PIECE_BYTES [SECONDS]]: takes MIB MiB by malloc, in pieces of PIECE_BYTES (one
 * piece if not said), writes to each page, again and again for SECONDS (0: once), and says as JSON
 * where they lie:
 *
 *   policy      memory policy of the first mapping that holds a piece, in numa_maps' words
 *   cpu_node    node of the processor it runs on (getcpu)
 *   pages       pages it wrote to
 *   asked       node -> how many of those lie there, by move_pages(2)
 *   mapped      node -> pages of the whole mappings that hold the pieces, by move_pages(2)
 *   numa_maps   the same by /proc/self/numa_maps
 *   others      node -> pages of its other anonymous mappings (stack, libraries' heaps)
 *
 * The kernel finds "mapped" and "numa_maps" in different ways, so they prove each other. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kPage = 4096, kNodes = 64, kMappings = 4096, kBatch = 1024, kPolicy = 64 };

struct Mapping {
  uintptr_t first, end;
  int used;
};

static struct Mapping mappings[kMappings];
static int mapping_count;

static void Fail(const char* what) {
  fprintf(stderr, "where_pages: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void ReadMappings(void) {
  FILE* maps = fopen("/proc/self/maps", "r");
  char line[1024];
  if (maps == NULL) Fail("/proc/self/maps");
  while (mapping_count < kMappings && fgets(line, sizeof line, maps) != NULL) {
    struct Mapping* mapping = &mappings[mapping_count];
    if (sscanf(line, "%lx-%lx", &mapping->first, &mapping->end) == 2) ++mapping_count;
  }
  fclose(maps);
}

static void MarkUsed(uintptr_t address) {
  for (int i = 0; i < mapping_count; ++i)
    if (address >= mappings[i].first && address < mappings[i].end) mappings[i].used = 1;
}

static int CompareAddresses(const void* left, const void* right) {
  uintptr_t a = *(const uintptr_t*)left, b = *(const uintptr_t*)right;
  return (a > b) - (a < b);
}

/* Adds to `nodes` where the pages of [first, end) lie that are in memory. */
static void AskKernel(uintptr_t first, uintptr_t end, long nodes[kNodes]) {
  static void* pages[kBatch];
  static int status[kBatch];
  while (first < end) {
    unsigned long count = 0;
    for (; count < kBatch && first < end; first += kPage) pages[count++] = (void*)first;
    if (syscall(SYS_move_pages, 0, count, pages, NULL, status, 0) != 0) Fail("move_pages");
    for (unsigned long i = 0; i < count; ++i)
      if (status[i] >= 0 && status[i] < kNodes) ++nodes[status[i]];
  }
}

static int IsUsed(uintptr_t first) {
  for (int i = 0; i < mapping_count; ++i)
    if (mappings[i].first == first) return mappings[i].used;
  return 0;
}

static void AddCounts(char* counts, long nodes[kNodes]) {
  for (char* word = strtok(counts, " \n"); word != NULL; word = strtok(NULL, " \n")) {
    int node;
    long count;
    if (sscanf(word, "N%d=%ld", &node, &count) == 2 && node < kNodes) nodes[node] += count;
  }
}

/* The policy of the first mapping that was used goes to `policy`. */
static void ReadNumaMaps(char policy[kPolicy], long used[kNodes], long others[kNodes]) {
  FILE* maps = fopen("/proc/self/numa_maps", "r");
  char line[2048];
  if (maps == NULL) Fail("/proc/self/numa_maps");
  while (fgets(line, sizeof line, maps) != NULL) {
    if (IsUsed(strtoul(line, NULL, 16))) {
      if (policy[0] == 0) sscanf(line, "%*x %63s", policy);
      AddCounts(line, used);
    } else if (strstr(line, " anon=") != NULL && strstr(line, " file=") == NULL) {
      AddCounts(line, others);
    }
  }
  fclose(maps);
}

static void Print(const char* name, const long nodes[kNodes]) {
  const char* comma = "";
  printf(", \"%s\": {", name);
  for (int node = 0; node < kNodes; ++node) {
    if (nodes[node] == 0) continue;
    printf("%s\"%d\": %ld", comma, node, nodes[node]);
    comma = ", ";
  }
  printf("}");
}

static double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Takes the pieces, writes to their pages and returns these, each once, in order. */
static uintptr_t* TouchPieces(size_t count, size_t piece, long seconds, size_t* page_count) {
  char** pieces = malloc(count * sizeof *pieces);
  size_t pages_of_each = (piece + kPage - 1) / kPage;
  uintptr_t* pages = malloc(count * pages_of_each * sizeof *pages);
  size_t found = 0, kept = 0;
  double end = Seconds() + (double)seconds;
  if (pieces == NULL || pages == NULL) Fail("malloc");
  for (size_t i = 0; i < count; ++i)
    if ((pieces[i] = malloc(piece)) == NULL) Fail("malloc");
  do {
    for (size_t i = 0; i < count; ++i)
      for (size_t at = 0; at < piece; at += kPage) ++((volatile char*)pieces[i])[at];
  } while (Seconds() < end);
  for (size_t i = 0; i < count; ++i)
    for (size_t at = 0; at < piece; at += kPage)
      pages[found++] = ((uintptr_t)pieces[i] + at) & ~(uintptr_t)(kPage - 1);
  qsort(pages, found, sizeof *pages, CompareAddresses);
  for (size_t i = 0; i < found; ++i)
    if (kept == 0 || pages[kept - 1] != pages[i]) pages[kept++] = pages[i];
  *page_count = kept;
  return pages;
}

int main(int argc, char** argv) {
  static long asked[kNodes], mapped[kNodes], numa_maps[kNodes], others[kNodes];
  size_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 10) : 16) << 20;
  size_t piece = argc > 2 && atol(argv[2]) > 0 ? strtoul(argv[2], NULL, 10) : bytes;
  long seconds = argc > 3 ? atol(argv[3]) : 0;
  char policy[kPolicy] = "";
  size_t page_count;
  unsigned cpu, cpu_node;

  uintptr_t* pages = TouchPieces(bytes / piece, piece, seconds, &page_count);
  if (getcpu(&cpu, &cpu_node) != 0) Fail("getcpu");
  ReadMappings();
  for (size_t i = 0; i < page_count; ++i) {
    MarkUsed(pages[i]);
    AskKernel(pages[i], pages[i] + kPage, asked);
  }
  ReadNumaMaps(policy, numa_maps, others);
  for (int i = 0; i < mapping_count; ++i)
    if (mappings[i].used) AskKernel(mappings[i].first, mappings[i].end, mapped);

  printf("{\"policy\": \"%s\", \"cpu_node\": %u, \"pages\": %zu", policy, cpu_node, page_count);
  Print("asked", asked);
  Print("mapped", mapped);
  Print("numa_maps", numa_maps);
  Print("others", others);
  printf("}\n");
  return 0;
}
