/* Which machines a list is to show, beyond what the store can choose by itself. */
#ifndef HOST_ADMIN_MATCHING_H
#define HOST_ADMIN_MATCHING_H

#include "source.h"
#include "store/operators.h"

/* What a machine's row is compared with. All zero: every machine. Texts are borrowed and looked for anywhere in the
 * other, capital or small. */
struct criteria {
    const char *text;    /* the id begins with it, it is the address, or it is in label or name; NULL: any */
    const char *label;   /* in the label */
    const char *name;    /* in the name that the machine tells of itself */
    const char *product; /* the product's id, whole */
    const char *state;   /* one of criteria_is_state() */
    seconds seen;        /* asked then or later; 0: any */
    seconds unseen;      /* has not asked since; 0: any */
};
bool criteria_any(const struct criteria *criteria);
/* holding, blocked, reclaimed, released, denied, ended. */
bool criteria_is_state(const char *state);
/* Whether it is one of them. Errors of the store. */
RESULT criteria_match(const struct criteria *criteria, const struct rows *rows, const struct machine_entry *entry,
                      bool *ret_match);

#endif
