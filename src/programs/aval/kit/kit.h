/*
 * What joining, leaving and inspecting share: the kit of a file, and steps as they are said.
 *
 * Always: a kit is looked at whole before anything of it is done.
 */
#ifndef PROGRAMS_AVAL_KIT_KIT_H
#define PROGRAMS_AVAL_KIT_KIT_H

#include "command.h"
#include "proto/kit.h"

/* ---- the file ---- */

/* One product of a kit, as its vendor signed it. */
struct kit_view {
    char name[2 * NAME_SIZE]; /* VENDOR/PRODUCT */
    char title[TEXT_SIZE];
    char edition[NAME_SIZE]; /* that the product key means; "": the kit has none */
    char key[PRODUCT_KEY_TEXT_SIZE];
    bool has_license; /* in its introduction: */
    struct license license;
};

/* Reads the kit; `text`, which it borrows from, is of KIT_MAX. Says what is wrong; *ret_status is the exit status where
 * it returns false. */
bool kit_load(const struct arguments *arguments, const char *file, struct buffer *text, struct kit **ret_kit,
              int *ret_status);
/* What the product is: SIGNER_UNKNOWN and its like where the kit's vendor key did not sign it, PRODUCT_KEY_OTHER. */
RESULT kit_look(const struct kit_product *entry, struct kit_view *ret_view);

/* ---- steps ---- */

enum step_end { STEP_DONE, STEP_ALREADY, STEP_LEFT };

struct steps {
    const struct arguments *arguments;
    struct report out;
    size_t left;
    int status; /* of the first that failed */
};

void steps_begin(struct steps *steps, const struct arguments *arguments);
/* One step and how it ended; `code` is why it is left. */
void steps_say(struct steps *steps, const char *step, const char *what, enum step_end end, int code, const char *words);
/* The exit status. */
int steps_end(struct steps *steps);

/* ---- the timer ---- */

/* Has the system renew by itself, or no more, and says so; what to do by hand where that cannot be done here. */
void timer_set(struct steps *steps, bool on);

int run_join(const struct arguments *arguments, void *context);
int run_leave(const struct arguments *arguments, void *context);
int run_inspect(const struct arguments *arguments, void *context);

#endif
