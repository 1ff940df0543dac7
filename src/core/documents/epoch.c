/*
 * Epoch: the first leaf of a ledger that was begun again. Says why, what had been signed and what was there of it, for
 * the vendor and for everybody else who reads the ledger. Schema, reader, writer.
 */
#include "core/form/form.h"

#include <string.h>

static const char *const reasons[] = {[EPOCH_LOST] = "lost", [EPOCH_RESTORED] = "restored", [EPOCH_CLOCK] = "clock"};

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
