// What the loader sees of this library; all else is hidden.
#pragma once

#define HEIMDALLR_EXPORT [[gnu::visibility("default")]]
