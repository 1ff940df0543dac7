/*
 * What a machine has seen of a host: a checkpoint and the host's signature, without the note around them.
 *
 * Always: checkpoint and signature determine the note, so that whoever reads the lines can make it again.
 */
#include "core/documents/documents.h"

#include <string.h>

RESULT seen_make(const struct checkpoint *checkpoint, struct slice bytes, const struct verifier_key *host_key,
                 struct seen *ret_seen)
{
    struct note note;
    struct seen seen = {.size = checkpoint->size, .root = checkpoint->root};
    memcpy(seen.origin, checkpoint->origin, sizeof seen.origin);
    TRY(note_read(bytes, &note));
    TRY(note_signature_of(&note, host_key, seen.signature));
    *ret_seen = seen;
    return RESULT_OK;
}

struct checkpoint seen_checkpoint(const struct seen *seen)
{
    struct checkpoint checkpoint = {.size = seen->size, .root = seen->root};
    memcpy(checkpoint.origin, seen->origin, sizeof checkpoint.origin);
    return checkpoint;
}

/* What was signed. */
static RESULT write_text(const struct seen *seen, struct buffer *out)
{
    const struct checkpoint checkpoint = seen_checkpoint(seen);
    checkpoint_write(&checkpoint, out);
    return buffer_status(out);
}

RESULT seen_verify(const struct seen *seen, const struct verifier_key *host_key)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PUBLISHED_NOTE_SIZE);
    TRY(write_text(seen, &text));
    return verifier_key_verify(host_key, buffer_slice(&text), seen->signature);
}

RESULT seen_write_note(const struct seen *seen, const struct verifier_key *host_key, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PUBLISHED_NOTE_SIZE);
    TRY(write_text(seen, &text));
    return note_join(buffer_slice(&text), host_key, seen->signature, out);
}

bool seen_equal(const struct seen *a, const struct seen *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root) && strcmp(a->origin, b->origin) == 0;
}

bool seen_is(const struct seen *seen, const struct checkpoint *checkpoint)
{
    return seen->size == checkpoint->size && hash_equal(&seen->root, &checkpoint->root) &&
           strcmp(seen->origin, checkpoint->origin) == 0;
}
