/*
 * What a ledger's signer remembers across crashes: the tree it signed last, in a file of two slots, one file for each
 * epoch of the ledger.
 *
 * A slot is a text of one fixed size with its own checksum. Writes alternate between the slots and are synced, so that
 * a torn write leaves the older slot whole; and nothing that was signed leaves the process before its slot is on disk.
 *
 *   aval signer-state v1
 *   key VERIFIER-KEY
 *   epoch N                from the second on
 *   sequence N             one higher with each write; the slot is N mod 2
 *   size N
 *   node BASE64            one for each bit set in the size, lowest first
 *   checksum BASE64        SHA-256 of all lines above
 *   (spaces up to STATE_SLOT_SIZE, the last byte a newline)
 */
#ifndef SIGNER_STATE_H
#define SIGNER_STATE_H

#include "base/buffer.h"
#include "core/tlog/merkle.h"
#include "core/tlog/note.h"

enum { STATE_SLOT_SIZE = 4096, STATE_FILE_SIZE = 2 * STATE_SLOT_SIZE };

struct signer_state {
    struct verifier_key key;
    uint64_t epoch;    /* from 1 on */
    uint64_t sequence; /* 0: nothing signed yet */
    struct frontier frontier;
};

/* Where slots are written: the real file, or a test's idea of a disk. */
struct state_medium {
    RESULT (*write)(void *context, size_t offset, const void *data, size_t size);
    RESULT (*sync)(void *context);
    void *context;
};

/* Appends exactly STATE_SLOT_SIZE bytes. */
RESULT signer_state_write(const struct signer_state *state, struct buffer *out);
/* Reads one slot; any other byte than signer_state_write's is refused: SIGNER_STATE. */
RESULT signer_state_read(struct slice slot, struct signer_state *ret_state);

/* Appends what a new file holds, STATE_FILE_SIZE bytes: the empty ledger of that key and epoch in slot 0. So there is
 * a whole slot from the first moment, and later writes change no metadata of the file. */
RESULT signer_state_begin(const struct verifier_key *key, uint64_t epoch, struct buffer *out);
/* The newest whole slot of a file's content. SIGNER_STATE where no slot holds, or where it belongs to another key. */
RESULT signer_state_load(struct slice file, const struct verifier_key *key, struct signer_state *ret_state);
/* Writes the next slot and syncs it. On success state->sequence is one higher; on failure (FILE_WRITE) the state is as
 * before, in memory and, by the other slot, on disk. */
RESULT signer_state_store(struct signer_state *state, const struct frontier *frontier,
                          const struct state_medium *medium);

/* Writes the slot that was loaded once more and syncs it: whoever wrote it may have been killed, or failed, before its
 * sync, and the system shows it all the same. To be done before anything is signed for it. FILE_WRITE. */
RESULT signer_state_confirm(const struct signer_state *state, const struct state_medium *medium);

#endif
