/*
 * Epochs of a ledger, as the host sees them: what happens when its database is found to be behind what was signed, the
 * host to have been restored from an old copy, or its newest leaf to be far ahead of the clock.
 *
 * `avald recover` begins the next epoch: a ledger with an origin of its own (core/tlog/checkpoint.h), whose leaf 0 is
 * an `epoch` document that says why, what was lost, and what the host was shown that it does not have. Machines keep
 * their rows and seats, leases in force stay valid, and the vendor reads of it in the next audit.
 *
 * Numbers of a key's ledgers in the store ascend with their epochs, the first one's being the lowest: so of two rows of
 * a machine that with the higher ledger tells of the later lease.
 *
 * Order: the new ledger with its leaf is committed, then its signer's state file is made, which is the moment at which
 * the epoch begins. A crash in between leaves a ledger that nobody uses; the next try passes over its number.
 */
#ifndef LEDGER_EPOCHS_H
#define LEDGER_EPOCHS_H

#include "authority/authority.h"
#include "base/reason.h"
#include "core/tlog/checkpoint.h"
#include "store/ledger.h"

/* Whether the ledger of `size` leaves in the store is, or extends, the tree that was signed, whose origin is that of
 * the epoch. One of an epoch from the second on has at least its first leaf. */
RESULT epoch_extends(struct store *store, uint32_t ledger, uint64_t size, const struct checkpoint *signed_last,
                     bool *ret_extends, struct reason *reason);
/* When the last of the ledger's `size` leaves was written; 0: there is none, or none that this program knows. Errors of
 * the store. */
RESULT epoch_newest_time(struct store *store, uint32_t ledger, uint64_t size, seconds *ret_time, struct reason *reason);
/* Says in the reason how many leaves the database has, and how many were signed. STORE_ROLLED_BACK, in any case. */
RESULT epoch_loss_say(const char *origin, uint64_t found, uint64_t signed_size, struct reason *reason);

/* Whether the signer's memory, of which `signed_last` is the newest, can be all that it has signed: what the store
 * keeps of its checkpoints tells of no larger tree, and of no later epoch. SIGNER_STATE, with the way out in the
 * reason, where the state file was removed, emptied or replaced by an older one; a signer that went on from it might
 * sign another tree in the place of one that it has signed. Errors of the store. */
RESULT epoch_state_check(struct store *store, const struct authority_vendor *vendor,
                         const struct checkpoint *signed_last, struct reason *reason);
/* Whether the vendor's state file is damaged, or another key's. */
bool epoch_state_damaged(const char *folder, const struct authority_vendor *vendor);
/* Names in the reason the first state file that is damaged, and the way out; nothing where none is. */
void epoch_state_name(const char *folder, const struct authority *authority, struct reason *reason);

/* The lowest epoch above `epoch` of that key whose ledger is in the store; 0: there is none. */
RESULT epoch_next(struct store *store, const char *key_name, uint64_t epoch, uint64_t *ret_next, struct reason *reason);

/* What the store keeps of checkpoints that the host was shown, of the vendor's epoch and of later ones: where there is
 * any, the host was restored from an old copy, and adds nothing before the next epoch. Errors of the store. */
RESULT epoch_shown(struct store *store, const struct authority_vendor *vendor, struct shown ret_shown[static SHOWN_MAX],
                   size_t *ret_count, struct reason *reason);

/* How a vendor's ledger stands. */
struct epoch_loss {
    bool lost;                     /* the store is behind what was signed, or has another tree; or: */
    bool state_lost;               /* what the signer keeps cannot be all that it signed; see epoch_state_check() */
    struct checkpoint signed_last; /* its origin is that of the epoch. With `state_lost`: as the store has it */
    uint64_t found;                /* leaves of the epoch in the store */
    seconds newest;                /* the time of the last of them, as epoch_newest_time() has it */
    size_t shown_count;            /* what the host was shown that it had signed, and does not have */
    struct shown shown[SHOWN_MAX];
};
/* Compares the store with the signer's state file. The host must not run. FILE_READ, FILE_KIND; errors of the store. */
RESULT epoch_look(const char *folder, struct store *store, const struct authority_vendor *vendor,
                  struct epoch_loss *ret_loss, struct reason *reason);
/* Begins the next epoch for that reason, of a ledger that stands like that; *ret_epoch says what its first leaf says.
 * Where nothing of a `lost` ledger is gone but the signer's state, it begins no earlier than the newest leaf, and where
 * that is too far ahead of the clock, the reason that it gives is the clock.
 * The host must not run. Errors of the store; FILE_WRITE; CHECKPOINT_ORIGIN after the last epoch there can be. */
RESULT epoch_begin(const char *folder, struct store *store, const struct authority_vendor *vendor,
                   const struct epoch_loss *loss, enum epoch_why why, seconds now, struct epoch *ret_epoch,
                   struct reason *reason);

#endif
