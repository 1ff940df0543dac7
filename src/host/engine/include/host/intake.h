/*
 * What is looked at before a job is made of a machine's note, and what a host says before: for all who take notes in.
 * Thread-safe.
 */
#ifndef HOST_INTAKE_H
#define HOST_INTAKE_H

#include "host/engine.h"

/* What is wrong with a note. Anybody can send such things, so they are counted and leave nothing else. */
struct verdict {
    enum error_code code; /* OK: nothing */
    struct result fault;  /* of the text or its signature, with REQUEST_REFUSED */
};

/* Reads the note and verifies its signature, the cheapest first. REQUEST_REFUSED; NO_LICENSE where the vendor is not
 * here; REQUEST_OTHER_HOST. */
struct verdict intake_request(const struct authority *authority, struct slice note, struct request *ret_request);
struct verdict intake_release(const struct authority *authority, struct slice note, struct release *ret_release);
/* Puts a note that was read into the job. */
void intake_keep_note(struct job *job, struct slice note);

/* Appends how this host introduces itself to a machine that wants `address`, VENDOR/PRODUCT/EDITION, or with /counted
 * behind it. NO_LICENSE: this host has nothing for what is wanted; COUNTED_ONLY, VOLUME_ONLY: nothing but for another
 * product key; HOST_SIGNER, NO_MEMORY. */
RESULT intake_introduce(struct engine *engine, const struct authority *authority, const char *address,
                        struct buffer *out);

#endif
