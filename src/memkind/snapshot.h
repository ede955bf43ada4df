// A file-backed heap across a fork. Its mappings are shared, so the child would write into its
// parent's heap; before anything of the program runs in the child, it gets a copy.
//
// The copy is made by the parent, as the last thing before the process is cloned: the parent has to
// wait for it in any case, and so it needs no word from the child. What other threads of the parent
// write between the copy and the clone is not in it.
#pragma once

namespace heimdallr::memory {

/// In the parent, before the clone, with memkind closed: copies the heap into a file without a name
/// in `folder`, or where there is no room into private memory. False when there is none either: the
/// child must not live.
[[nodiscard]] bool TakeSnapshot(const char* folder);

/// In the parent, after it.
void DropSnapshot();

/// In the child: puts the copy in the place of the parent's memory. Makes system calls alone. False
/// when the kernel refuses: the child must not go on.
[[nodiscard]] bool UseSnapshot();

}  // namespace heimdallr::memory
