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

RESULT seen_verify(const struct seen *seen, const struct verifier_key *host_key)
{
    struct checkpoint checkpoint = {.size = seen->size, .root = seen->root};
    memcpy(checkpoint.origin, seen->origin, sizeof checkpoint.origin);
    CLEANUP_BUFFER struct buffer text = buffer_make(PUBLISHED_NOTE_SIZE);
    checkpoint_write(&checkpoint, &text);
    TRY(buffer_status(&text));
    return verifier_key_verify(host_key, buffer_slice(&text), seen->signature);
}
