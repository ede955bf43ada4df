// The two macros of this project: early return of errors.
#pragma once

#include <utility>

#define HEIMDALLR_CONCAT_INNER(a, b) a##b
#define HEIMDALLR_CONCAT(a, b) HEIMDALLR_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                 \
  do {                                                              \
    if (auto status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_IMPL(HEIMDALLR_CONCAT(status_or_, __LINE__), declaration, expression)

#define ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).status();         \
  declaration = *std::move(result)
