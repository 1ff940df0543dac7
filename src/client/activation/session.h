/*
 * Everything that the state folder says about one product on this machine, loaded for one call.
 *
 * Always: `holder` points into the session itself, so a session does not move. No secret is in it: the machine's key is
 * read when something is signed, and at no other time.
 */
#ifndef CLIENT_ACTIVATION_SESSION_H
#define CLIENT_ACTIVATION_SESSION_H

#include "core/rules/state.h"
#include "machine/identity.h"
#include "machine/numbers.h"
#include "state/holding.h"
#include "state/installation.h"
#include "state/records.h"

struct session {
    const aval_machine *machine;
    struct installation *installation;
    struct identity identity;
    bool has_identity;
    struct numbers numbers; /* of that identity */
    struct hardware hardware;
    struct hardware unreadable;      /* kinds that this user may not look at */
    struct revocations *revocations; /* NULL: none */
    char lease_folder[PATH_SIZE];    /* the product's, or that of a former lease (formers.h) */
    bool as_held; /* the key is that of the lease's edition, whichever is installed: session_act_as_held() */
    struct holder holder;
    struct result holding_fault;  /* success: `holding` is there, and every link of its chain holds */
    struct reason holding_reason; /* the words behind a failure to read it */
    struct holding holding;
    struct hash lease_mark; /* see lease_files_mark(); of session_prepare and session_again alone */
    bool has_last_answer;
    struct last_answer last_answer;
    seconds first_run; /* 0: not known */
    bool first_run_broken;
    struct evaluation evaluation;
};

/* `secure`: the identity is made, or made anew, where this hardware needs one; the caller holds the lock. Errors of
 * installation_load, FILE_READ, FILE_WRITE. Yours to end, also after a failure. */
RESULT session_begin(struct session *session, const aval_machine *machine, const char *product, bool secure,
                     struct reason *reason);
/* The same for a call that asks a host: takes the folder's lock for as long as it reads, and no longer. LOCKED too. */
RESULT session_prepare(struct session *session, const aval_machine *machine, const char *product, bool secure,
                       struct reason *reason);
/* The same of a former lease of the product, in that folder; the caller holds the lock. */
RESULT session_begin_former(struct session *session, const aval_machine *machine, const char *product,
                            const char *lease_folder, struct reason *reason);
/* From here on the session asks for what it holds, and not for what the product key says. */
void session_act_as_held(struct session *session);
/* After a host was asked: begins `now` with what the folder says about the same product by now. STATE_CHANGED where it
 * is not the same product key and identity any more, so that what `then` asked for has lost its ground. The caller
 * holds the lock. Yours to end, also after a failure. */
RESULT session_again(const struct session *then, struct session *now, struct reason *reason);
/* Whether the lease in the folder, or that there is none, is in `now` what it was in `then`. */
bool session_lease_stands(const struct session *then, const struct session *now);
/* The secret half of the key of the session's identity, to sign with. STATE_CHANGED where another identity has
 * taken its place, STATE_BROKEN where it is not there, FILE_READ, NO_MEMORY. The caller holds the lock, and frees it at
 * once. */
RESULT session_key(const struct session *session, struct signing_key **ret_key, struct reason *reason);
/* Works out the evaluation again, as of that time. */
void session_evaluate(struct session *session, seconds now);
/* Whether the product key asks for another edition or mode of license now than that of the lease in force. */
bool session_wants_other(const struct session *session);
/* When the lease that is held is to be renewed: some time after it was issued, and where it was given again since,
 * after that, more often as its end comes near; and a little sooner, as was drawn when it was given. */
seconds session_renews_at(const struct session *session);
/* Until when nobody is asked after a failure, but on a person's word; 0: at once. Nothing is counted from an answer
 * that came under a clock which was ahead. */
seconds session_waits_until(const struct session *session);
/* Cuts how long a host asks to be left alone to what a host may ask for: the license's retry interval while a lease is
 * in force, a day otherwise. Nothing in a denial is signed, so anybody on the path could make a machine wait for years.
 */
void session_bound_waiting(const struct session *session, struct aval_attempt *attempt);
/* Keeps what a host answered, for the status; takes the folder's lock. That it cannot be written must not hide what the
 * host said. What was not stored because somebody else was first leaves nothing behind. */
void session_remember(const struct session *session, const struct aval_attempt *attempt);
/* For __attribute__((cleanup)). */
void session_end(struct session *session);
#define CLEANUP_SESSION __attribute__((cleanup(session_end)))

#endif
