/*
 * Which epoch a ledger is in: that of the newest state file beside its key. The first epoch's file is VENDOR.state, the
 * next ones' are VENDOR+N.state; no id of a vendor has a '+'.
 *
 * Always: the state file of an epoch is made once and stays, so that a ledger never goes back to an epoch that ended.
 */
#ifndef SIGNER_STATE_FILES_H
#define SIGNER_STATE_FILES_H

#include "system/files.h"

/* `keys` is the signer's folder, `vendor` names the key. FILE_READ. */
RESULT epoch_newest(const char *keys, const char *vendor, uint64_t *ret_epoch);
/* Path of the state file of an epoch. TEXT_TOO_LONG. */
RESULT epoch_state_path(const char *keys, const char *vendor, uint64_t epoch, char ret_path[static PATH_SIZE]);

#endif
