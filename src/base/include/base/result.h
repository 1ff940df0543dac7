/*
 * How a function says whether it worked.
 *
 * A function that can fail returns RESULT: a one-member struct that the compiler does not let a caller ignore. It
 * carries one error of the table in errors.h and, where it helps a person to find the fault, a place: the line of a
 * document, the group of a product key, the line of a configuration file (1-based; 0 = not known).
 *
 * Always: on failure no output argument has been written.
 */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

#include "base/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum error_code {
    OK = 0,
#define X(id, code, name, category, http, exit, sentence) ERR_##id = (code),
    ERRORS(X)
#undef X
};

enum error_category {
    CATEGORY_NONE,
    CATEGORY_INTERNAL, /* report a bug, add memory */
    CATEGORY_USAGE,    /* whoever typed the command */
    CATEGORY_INPUT,    /* whoever wrote or transported the document */
    CATEGORY_TRUST,    /* a link of the chain does not hold: somebody may be cheating */
    CATEGORY_DENIAL,   /* the host said no */
    CATEGORY_STATE,    /* this machine is not ready for what was asked */
    CATEGORY_FILES,    /* files, rights, disk */
    CATEGORY_CONFLICT, /* another process, or an earlier state */
    CATEGORY_NETWORK   /* no host, or no sensible answer */
};

/* bits 0..15: the code; bits 16..31: the place. */
struct result {
    uint32_t bits;
};

#define RESULT __attribute__((warn_unused_result)) struct result

#define RESULT_OK        ((struct result){0})
#define FAIL(id)         ((struct result){(uint32_t)ERR_##id})
#define FAIL_AT(id, at)  result_at(FAIL(id), (at))
#define FAIL_CODE(value) ((struct result){(uint32_t)(value)})

/* Returns from the calling function when the expression failed. */
#define TRY(expression) \
    do { \
        const struct result try_result_ = (expression); \
        if (try_result_.bits != 0) \
            return try_result_; \
    } while (0)

/* Returns FAIL(id) from the calling function unless the condition holds. For input, never for bugs: those assert. */
#define ENSURE(condition, id) \
    do { \
        if (!(condition)) \
            return FAIL(id); \
    } while (0)

static inline bool is_ok(struct result result)
{
    return result.bits == 0;
}

static inline enum error_code result_code(struct result result)
{
    return (enum error_code)(result.bits & 0xffffu);
}

static inline unsigned result_place(struct result result)
{
    return result.bits >> 16;
}

/* The same failure with a place (at most 65,535; beyond that, unknown). A success stays one. */
static inline RESULT result_at(struct result result, size_t place)
{
    if (result.bits != 0)
        result.bits = (result.bits & 0xffffu) | (place > 0xffffu ? 0 : (uint32_t)place << 16);
    return result;
}

/* Says "I have looked at this and the failure changes nothing", for cleanups whose failure nobody can act on. */
static inline void result_ignore(struct result result)
{
    (void)result;
}

/* One row of the table. */
struct error_info {
    enum error_code code;
    const char *name;
    enum error_category category;
    int http_status;
    int exit_status;
    const char *sentence;
};

/* The row of a code; never NULL: a code that is not in the table gets the row of ERR_INTERNAL. Thread-safe. */
const struct error_info *error_info(enum error_code code);

/* The row with that stable name, or NULL. */
const struct error_info *error_by_name(const char *name);

/* The whole table, in the order of its codes, for documentation and tests. */
const struct error_info *error_table(size_t *ret_count);

/* The word for a category, such as "input". */
const char *error_category_name(enum error_category category);

#endif
