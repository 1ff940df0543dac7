/*
 * Epoch: the first leaf of a ledger that was begun again. Says why, what had been signed and what was there of it, for
 * the vendor and for everybody else who reads the ledger. Schema, reader, writer.
 */
#include "core/form/form.h"

#include <string.h>

static const char *const reasons[] = {[EPOCH_LOST] = "lost", [EPOCH_RESTORED] = "restored", [EPOCH_CLOCK] = "clock"};

/* One of each ledger, but of which, and whether the host signed it, only its key can tell. */
static void shown_form(struct form *form, struct epoch *epoch)
{
    for (size_t i = 0; form_next(form, "shown-origin", i, &epoch->shown_count, SHOWN_MAX); i++) {
        form_shown(form, &epoch->shown[i]);
        for (size_t k = 0; k < i && form_good(form); k++)
            form_check(form, strcmp(epoch->shown[i].origin, epoch->shown[k].origin) != 0, FAIL(DOCUMENT_DUPLICATE_KEY));
    }
}

static void epoch_form(struct form *form, void *document)
{
    struct epoch *epoch = document;
    form_begin(form, "epoch");
    form_text(form, "origin", epoch->origin, sizeof epoch->origin);
    form_text(form, "previous", epoch->previous, sizeof epoch->previous);
    form_check(form, strcmp(epoch->origin, epoch->previous) != 0, FAIL(DOCUMENT_VALUE));
    form_number(form, "size", &epoch->size, 0, INT64_MAX);
    form_bytes(form, "root", epoch->root.bytes, HASH_SIZE);
    form_number(form, "found", &epoch->found, 0, INT64_MAX);
    form_choice(form, "why", reasons, sizeof reasons / sizeof *reasons, &epoch->why);
    form_time(form, "began", &epoch->began);
    shown_form(form, epoch);
    form_extensions(form, &epoch->extensions);
}

RESULT epoch_read(struct slice text, struct epoch *ret_epoch)
{
    return form_read(text, epoch_form, ret_epoch, sizeof *ret_epoch);
}

RESULT epoch_write(const struct epoch *epoch, struct buffer *out)
{
    return form_write(epoch_form, epoch, out);
}

const char *epoch_why_name(unsigned why)
{
    return reasons[why];
}
