/* The codes of the public API are those of the one error table: each row is checked here by the compiler. */
#include "base/errors.h"
#include "base/result.h"
#include "base/sentences.h"

#include <aval/aval.h>

#define X(id, code, name, category, http, exit, sentence) \
    _Static_assert((int)AVAL_##id == (code), "AVAL_" #id " in codes.h differs from the error table");
ERRORS(X)
#undef X

const char *aval_code_name(int code)
{
    return code == AVAL_OK ? "ok" : error_info((enum error_code)code)->name;
}

const char *aval_code_sentence(int code)
{
    return code == AVAL_OK ? N_("It worked.") : error_info((enum error_code)code)->sentence;
}

int aval_code_exit_status(int code)
{
    return code == AVAL_OK ? EXIT_FINE : error_info((enum error_code)code)->exit_status;
}
