/*
 * The handle of the public API, and what every part of libaval asks of it.
 *
 * Always: nothing is read from the state folder when the handle is made; each call reads afresh, so that handles in
 * different processes see each other's changes. Each call begins by saying in which of two folders it works
 * (state/folder.h).
 */
#ifndef CLIENT_MACHINE_HANDLE_H
#define CLIENT_MACHINE_HANDLE_H

#include "base/reason.h"
#include "base/time.h"
#include "core/tlog/note.h"
#include "hosts/address.h"
#include "hosts/budget.h"
#include "machine/hardware/sources.h"
#include "system/files.h"

#include <aval/aval.h>

enum {
    TIMEOUT_DEFAULT_MS = 10000,
    LOCK_WAIT_MS = 5000,
    PINNED_KEYS_MAX = 8,
};

struct aval_machine {
    char folder[PATH_SIZE];   /* of the call that is under way: one of both */
    char own[PATH_SIZE];      /* of whoever runs this */
    char system[PATH_SIZE];   /* the machine's, root's, for others to read; "": there is none besides `own` */
    unsigned timeout_ms;      /* for all of a call that asks hosts */
    struct budget budget;     /* of the one that is under way */
    aval_transport transport; /* NULL: none in this build */
    void *transport_context;
    int64_t (*now)(void *context); /* NULL: the system's */
    void *now_context;
    bool own_hardware;                /* as the product gave it, or an identity that was handed in */
    struct hardware_sources hardware; /* where own_hardware */
    size_t pinned_count;              /* 0: any vendor's key is believed */
    struct verifier_key pinned[PINNED_KEYS_MAX];
    struct host_list hosts; /* what aval_host() lends out */
    char message[AVAL_MESSAGE_SIZE];
};

/* The clock of every rule of the machine. The one place where it is read. */
seconds machine_now(const aval_machine *machine);
/* The time of a call that asks hosts begins; the monotonic clock is read in these three alone. */
void machine_begin_asking(aval_machine *machine);
/* Whoever is asked next gets its share, one of as many as `waiting`; false where no time is left. */
bool machine_share_time(aval_machine *machine, size_t waiting);
/* Milliseconds of that share that are left; 0: none. */
unsigned machine_time_left(const aval_machine *machine);
/* Takes what the platform vouches for, in the place of all hardware: in a container that is of the computer below,
 * which is the same for all containers on it. Blank space at its ends is left out. IDENTITY_FORM: it is empty, longer
 * than IDENTITY_MAX, no line of printable text, a variable that nobody filled in, or known to repeat. */
enum { IDENTITY_MAX = SOURCE_VALUE_SIZE - 1 }; /* bytes */
RESULT machine_hand_in(aval_machine *machine, const char *identity, struct reason *reason);
/* The hardware as it is now. */
void machine_hardware(const aval_machine *machine, struct hardware_sources *ret_sources);

/* Whether a product installed with that vendor key is to be believed. */
bool machine_trusts(const aval_machine *machine, const struct verifier_key *vendor_key);

/* The failure in one sentence: its particulars ("": none), and the sentence of the table. What does not fit
 * is cut off the particulars. */
void failure_text(struct result why, const char *detail, char *ret_text, size_t size);
/* Ends a call of the public API: keeps the message of a failure, with the words behind it, and returns its code. */
int machine_finish(aval_machine *machine, struct result result, const struct reason *reason);

#endif
