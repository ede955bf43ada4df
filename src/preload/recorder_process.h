// What can be seen of the recorder's process from here.
#pragma once

namespace heimdallr::preload {

/// The recorder's process exists and can run on, although it may be stopped for now. False when it
/// is a zombie, when its id is another process's now, and when that cannot be told: it is in
/// another pid namespace, /proc does not show it, or the process has no descriptor left to look.
/// May change errno. Opens a descriptor for a moment, so it is for rare use.
bool RecorderCanRun();

}  // namespace heimdallr::preload
