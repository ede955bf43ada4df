// What the parts of the axis are called.
#pragma once

#include <string>
#include <vector>

#include "report/address_axis.h"
#include "report/group_table.h"
#include "report/object_choice.h"

namespace heimdallr::report {

/// A label for each piece: the group that has most of its records (or, of none, of its bytes), or
/// what its groups have in common, such as "heap" or the name of a module.
[[nodiscard]] std::vector<std::string> PieceLabels(const AddressAxis& axis,
                                                   const std::vector<ShownObject>& objects,
                                                   const GroupTable& groups);

}  // namespace heimdallr::report
