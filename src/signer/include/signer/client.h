/*
 * The signer: the only holder of the host keys. A process of its own that appends leaves to a ledger's frontier and
 * signs the checkpoint; nothing else can be asked of it.
 *
 * Always: it never signs two different trees of one size, nor a tree that does not extend the last one it signed, also
 * across crashes: what it signed is on disk (KEY.state) before the answer leaves it.
 *
 * A handle serves one thread at a time.
 */
#ifndef SIGNER_CLIENT_H
#define SIGNER_CLIENT_H

#include "base/buffer.h"
#include "core/tlog/checkpoint.h"
#include "signer/leaf_run.h"

struct signer;

/* Starts the process on FOLDER/signer for every KEY.key there; one that is damaged, or whose state file is, is left out
 * where there is another. FILE_READ, KEY_FORM, SIGNER_STATE (a state file that is not what was written), HOST_SIGNER.
 * Yours to stop. */
RESULT signer_start(const char *folder, struct signer **ret_signer);
/* Ends the process and waits for it. Takes NULL. */
void signer_stop(struct signer *signer);

/* Has the run appended, and appends the signed checkpoint note to `out`. Errors: STORE_ROLLED_BACK where run->first is
 * not the size last signed; SIGNER_ROOT: the signer does not get run->root; NOT_FOUND: no key for that origin;
 * FILE_WRITE: its state could not be made durable; TEXT_TOO_LONG: more or longer leaves than there can be. Nothing was
 * signed then. HOST_SIGNER: the process is gone, does not answer within 5 seconds, or signed another tree; errors of a
 * note's form, NO_MEMORY: its answer could not be read. After these it is not asked again. */
RESULT signer_append(struct signer *signer, const char *origin, const struct leaf_run *run, struct buffer *out);
/* What it signed last for a ledger. The empty tree where nothing was signed. */
RESULT signer_last(struct signer *signer, const char *origin, struct checkpoint *ret_checkpoint);

#endif
