/* The error table of errors.h, as data. */
#include "base/result.h"

#include "base/sentences.h"

#include <string.h>

static const struct error_info rows[] = {
#define X(id, code, name, category, http, exit, sentence) \
    {ERR_##id, (name), CATEGORY_##category, (http), (exit), (sentence)},
    ERRORS(X)
#undef X
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct error_info *error_info(enum error_code code)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].code == code)
            return &rows[i];
    return &rows[0]; /* ERR_INTERNAL stands first */
}

const struct error_info *error_by_name(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const struct error_info *error_table(size_t *ret_count)
{
    *ret_count = ROWS;
    return rows;
}

const char *error_category_name(enum error_category category)
{
    static const char *const names[] = {
        [CATEGORY_NONE] = "none",       [CATEGORY_INTERNAL] = "internal", [CATEGORY_USAGE] = "usage",
        [CATEGORY_INPUT] = "input",     [CATEGORY_TRUST] = "trust",       [CATEGORY_DENIAL] = "denial",
        [CATEGORY_STATE] = "state",     [CATEGORY_FILES] = "files",       [CATEGORY_CONFLICT] = "conflict",
        [CATEGORY_NETWORK] = "network",
    };
    return names[category];
}
