// linked_list [LIMIT [NODES]]: follows a list whose nodes were allocated one by one and linked in
// random order, then frees it.
#include "truth.h"

struct Node {
  struct Node* next;
  uint64_t value[6];
};

int main(int argc, char** argv) {
  const size_t count = (size_t)NumberArgument(argc, argv, 2, 200000);
  struct Node** nodes = OrDie(malloc(count * sizeof(*nodes)));
  for (size_t i = 0; i < count; i++) {
    nodes[i] = OrDie(malloc(sizeof(struct Node)));
    nodes[i]->value[0] = i;
  }
  uint64_t random = 42;
  for (size_t i = count - 1; i > 0; i--) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    const size_t other = (size_t)(random >> 33) % (i + 1);
    struct Node* node = nodes[i];
    nodes[i] = nodes[other];
    nodes[other] = node;
  }
  for (size_t i = 0; i < count; i++) nodes[i]->next = nodes[(i + 1) % count];
  SayText();
  SayObject("index", nodes, count * sizeof(*nodes));

  unsigned long visited = 0;
  uint64_t sum = 0;
  const struct Node* node = nodes[0];
  struct Limit limit = LimitArgument(argc, argv);
  do {
    for (size_t i = 0; i < count; i++) {
      sum += node->value[0];
      node = node->next;
    }
    visited += count;
  } while (!Reached(&limit));
  for (size_t i = 0; i < count; i++) free(nodes[i]);
  free(nodes);
  SayCalls("malloc", count + 1);
  SayCalls("free", count + 1);
  SayNumber("visited", visited);
  return sum == 0;
}
