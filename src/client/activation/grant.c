/*
 * One host's lease; see grant.h.
 *
 *   1. the host that gave the lease in force is known, if the last checkpoint of its ledger is; any other introduces
 *      itself (introduce.h)
 *   2. under the lock: the request is made. It names the host's key, carries the last checkpoint of it that is kept (of
 *      a host that is new here, the one that it has introduced itself with, which is kept from then on), takes the next
 *      number and is signed
 *   3. it goes out; license and revocations are fetched where they are not here, and every link is looked at
 *   4. under the lock: everything is read again. Does the request still stand, and does the chain hold with what the
 *      folder says now? The ledger must extend the checkpoint that is kept of it, or have been begun again with a leaf
 *      that carries it (history.h); where that is not the one that the request named, since somebody else has stored a
 *      later one, a new request is made. Where the ledger does not extend it, both signed checkpoints are kept as
 *      evidence
 *   5. a lease in force makes room only for one that does not end earlier, from the host whose key its license names or
 *      under that license (core/rules/replacement.h)
 *   6. lease and checkpoint are stored; of a lease that is passed over the checkpoint alone, so that its host too is
 *      held to what it has shown
 *
 * Two refusals are answered at once, each of them once: a number that is used already, where the host shows a leaf with
 * that number which this machine has signed itself; and the key of another host.
 */
#include "grant.h"

#include "about/about.h"
#include "base/sentences.h"
#include "chain.h"
#include "core/documents/leaf.h"
#include "core/rules/replacement.h"
#include "history.h"
#include "introduce.h"
#include "proto/activation.h"
#include "proto/api.h"
#include "release/former_files.h"
#include "state/folder.h"
#include "state/lease_files.h"

#include <stdio.h>
#include <string.h>

/* One request; one more for each refusal that is answered at once; and two where somebody else stored a later
 * checkpoint at that very moment. */
enum { SENDS_MAX = 5 };

struct grant {
    struct session *session;
    struct aval_attempt *attempt;
    struct introduced introduced;
    struct verifier_key host_key; /* that is asked */
    struct numbers least;         /* what numbers must be above */
    bool number_raised;
    bool introduced_anew;
    bool carried; /* the request goes into a file, and is kept until its answer is accepted */
    struct request request;
    struct buffer note;  /* the request, as signed */
    struct buffer about; /* what goes beside it, as signed; empty: nothing */
    struct reply answer_text;
    struct answer answer; /* borrows from answer_text */
    struct reply license;
    struct believed believed;
};

/* What came of a lease that is believed. */
enum placing {
    PLACING_STORED,
    PLACING_OVERTAKEN, /* another call has stored a later one */
    PLACING_ASK_AGAIN  /* naming the checkpoint that is known by now */
};

static RESULT introduce_host(struct grant *grant)
{
    TRY(introduce(grant->session, grant->attempt, &grant->introduced));
    grant->host_key = grant->introduced.host_key;
    return RESULT_OK;
}

/* The key behind a host is known once it has given the lease in force; before, and behind other hosts, it is not. */
static RESULT find_host(struct grant *grant)
{
    const struct session *session = grant->session;
    const struct believed *mine = &session->holding.believed;
    struct checkpoint known;
    bool found = false;
    if (!is_ok(session->holding_fault) || strcmp(session->holding.host, grant->attempt->host) != 0)
        return introduce_host(grant);
    grant->host_key = mine->lease.request.host_key;
    const struct result read = checkpoint_known(session->installation, &grant->host_key, &known, &found, NULL);
    return is_ok(read) && !found ? introduce_host(grant) : RESULT_OK;
}

/* What is kept of that host; or else what it has introduced itself with, which is kept from now on. */
static RESULT find_seen(struct grant *grant, struct reason *reason)
{
    const struct installation *installation = grant->session->installation;
    CLEANUP_BUFFER struct buffer kept = buffer_make(PROOF_MAX);
    struct slice note = grant->introduced.checkpoint;
    struct checkpoint seen;
    bool found = false;
    TRY(checkpoint_known_note(installation, &grant->host_key, &kept, &found, reason));
    if (found && is_ok(checkpoint_open(buffer_slice(&kept), &grant->host_key, &seen)))
        return seen_make(&seen, buffer_slice(&kept), &grant->host_key, &grant->request.seen);
    if (note.size == 0)
        return reason_say(reason, FAIL(STATE_CHANGED), _("the checkpoint"));
    TRY(checkpoint_open(note, &grant->host_key, &seen));
    TRY(checkpoint_keep(installation, &grant->host_key, note, reason));
    return seen_make(&seen, note, &grant->host_key, &grant->request.seen);
}

static void fill_request(struct grant *grant)
{
    struct session *session = grant->session;
    const struct installation *installation = session->installation;
    struct request *request = &grant->request;
    session_evaluate(session, machine_now(session->machine));
    *request = (struct request){.time = session->holder.now, .state = session->evaluation.state};
    snprintf(request->vendor, sizeof request->vendor, "%s", installation->product.vendor);
    snprintf(request->product, sizeof request->product, "%s", installation->product.product);
    snprintf(request->edition, sizeof request->edition, "%s", installation->edition->id);
    request->counted = product_key_wants(&installation->key) == LICENSE_COUNTED;
    request->machine_key = session->identity.key;
    request->machine = session->identity.id;
    request->host_key = grant->host_key;
    request->hardware = session->hardware;
}

static RESULT sign_request(struct grant *grant, struct reason *reason)
{
    const struct session *session = grant->session;
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    buffer_clear(&grant->note);
    TRY(state_lock(session->machine, &lock, reason));
    TRY(session_key(session, &key, reason));
    TRY(find_seen(grant, reason));
    TRY(numbers_take(session->installation->mine, &grant->least, &grant->request.number, reason));
    TRY(request_write(&grant->request, &text));
    TRY(machine_note_sign(buffer_slice(&text), key, &grant->note));
    if (grant->carried)
        return state_write(session->installation->mine, FILE_REQUEST, buffer_slice(&grant->note), MODE_FILE, reason);
    buffer_clear(&grant->about);
    about_append(session->machine, session->installation, buffer_slice(&grant->note), key, &grant->about);
    return RESULT_OK;
}

static RESULT send_request(struct grant *grant)
{
    struct reason words = {.text = ""};
    CLEANUP_BUFFER struct buffer body = buffer_make(REQUEST_MAX);
    attempt_begin(grant->attempt);
    fill_request(grant);
    const struct result made = sign_request(grant, &words);
    if (!is_ok(made))
        return attempt_fail(grant->attempt, made, words.text);
    const struct activation sent = {buffer_slice(&grant->note), buffer_slice(&grant->about)};
    activation_write(&sent, &body);
    if (!is_ok(buffer_status(&body)))
        return attempt_fail(grant->attempt, buffer_status(&body), "");
    return exchange_signed(grant->session->machine, API_ACTIVATE, buffer_slice(&body), grant->attempt,
                           &grant->answer_text, &grant->answer);
}

/* A note that the host has heard before, or that is behind what it heard since, is denied for its number: it is asked
 * once more with another. The leaf behind the denial, if there is one, is believed for the machine's own signature in
 * it, and says nothing of the lease in force: that one ends against a proof alone (release/release.c). */
static bool raise_number(struct grant *grant)
{
    const struct session *session = grant->session;
    struct leaf leaf;
    if (grant->number_raised)
        return false;
    grant->number_raised = true;
    if (!is_ok(leaf_open_own(reply_slice(&grant->answer_text), &session->identity.key, &leaf)))
        return true;
    grant->least.last = leaf_number(&leaf);
    if (leaf.kind == LEAF_RELEASED && !is_ok(session->holding_fault))
        grant->least.released = leaf_number(&leaf);
    return true;
}

/* Whether there is something to be done about the refusal, so that the host is asked once more; *ret_why says why it is
 * not. */
static bool can_ask_again(struct grant *grant, struct result refused, struct result *ret_why)
{
    *ret_why = refused;
    if (result_code(refused) == ERR_NUMBER_USED)
        return raise_number(grant);
    if (result_code(refused) != ERR_REQUEST_OTHER_HOST || grant->introduced_anew)
        return false;
    grant->introduced_anew = true;
    attempt_begin(grant->attempt);
    *ret_why = introduce_host(grant);
    return is_ok(*ret_why);
}

static struct awaited awaited_of(const struct grant *grant)
{
    return (struct awaited){
        .note = buffer_slice(&grant->note), .number = grant->request.number, .host_key = &grant->host_key};
}

/* Whether the lease may take the place of what is in the folder now. */
static RESULT check_place(const struct grant *grant, const struct session *now, bool *ret_overtaken)
{
    *ret_overtaken = false;
    ENSURE(grant->believed.lease.request.number > now->numbers.released, STATE_CHANGED);
    if (session_lease_stands(grant->session, now))
        return RESULT_OK;
    ENSURE(is_ok(now->holding_fault), STATE_CHANGED);
    const struct believed *ours = &grant->believed;
    const struct believed *theirs = &now->holding.believed;
    ENSURE(verifier_key_equal(&ours->lease.request.host_key, &theirs->lease.request.host_key), STATE_CHANGED);
    ENSURE(strcmp(ours->checkpoint.origin, theirs->checkpoint.origin) == 0, STATE_CHANGED);
    *ret_overtaken = theirs->index > ours->index;
    return RESULT_OK;
}

/* Of a lease that was believed. */
static RESULT find_shown(const struct grant *grant, struct showing *ret_showing)
{
    *ret_showing = (struct showing){
        .host_key = &grant->host_key,
        .asked = buffer_slice(&grant->note),
        .before = &grant->request.seen,
        .told = &grant->believed.lease.request.seen,
        .answer = &grant->answer,
    };
    const struct result read = history_shown(&grant->answer, &ret_showing->checkpoint);
    return is_ok(read) ? RESULT_OK : attempt_fail_answer(grant->attempt, read, _("the lease"));
}

static RESULT write_lease(const struct grant *grant, const struct session *now, struct reason *reason)
{
    const struct lease_files text = {
        .proof = grant->answer.proof,
        .license = reply_slice(&grant->license),
        .host = grant->attempt->host,
    };
    TRY(identity_settle(now->machine, now->installation->product.vendor, &now->identity,
                        &grant->believed.lease.request.hardware, reason));
    const char *const folder = now->installation->mine;
    const struct license *const held = &now->holding.believed.license;
    if (now->evaluation.state == STATE_LICENSED && strcmp(held->edition, grant->believed.license.edition) != 0)
        TRY(former_keep(folder, held->id, reason));
    TRY(lease_files_store(folder, &text, reason));
    return former_forget(folder, grant->believed.license.id, reason); /* its seat is this lease's now */
}

/* Whether the lease in force, where there is one, makes room. */
static RESULT check_replacement(const struct grant *grant, const struct session *now)
{
    char ends[TIME_TEXT_SIZE];
    char stays[TIME_TEXT_SIZE];
    struct reason detail = {.text = ""};
    if (now->evaluation.state != STATE_LICENSED)
        return RESULT_OK;
    const struct believed *mine = &now->holding.believed;
    const struct result outcome = replacement_check(mine, &grant->believed, product_key_wants(&now->installation->key));
    if (is_ok(outcome))
        return RESULT_OK;
    time_write(grant->believed.lease.expires, ends);
    time_write(mine->lease.expires, stays);
    const struct result why = reason_say(&detail, outcome, _("until %s under license %s; in force until %s under %s"),
                                         ends, grant->believed.license.id, stays, mine->license.id);
    return attempt_fail(grant->attempt, why, detail.text);
}

/* That the checkpoint of a lease passed over cannot be written must not hide why it was. */
static RESULT keep_what_counts(const struct grant *grant, const struct showing *showing, const struct session *now)
{
    struct reason words = {.text = ""};
    const struct result allowed = check_replacement(grant, now);
    struct result outcome = is_ok(allowed) ? write_lease(grant, now, &words) : RESULT_OK;
    if (is_ok(outcome))
        outcome = history_keep(now->installation, showing, &words);
    if (!is_ok(allowed))
        return allowed;
    return is_ok(outcome) ? RESULT_OK : attempt_fail(grant->attempt, outcome, words.text);
}

static void say_lease(const struct grant *grant, const struct believed *believed, bool others)
{
    struct aval_attempt *attempt = grant->attempt;
    attempt->code = AVAL_OK;
    snprintf(attempt->message, sizeof attempt->message,
             others ? _("lease %llu of the ledger of %s, stored by somebody else meanwhile")
                    : _("lease %llu of the ledger of %s"),
             (unsigned long long)believed->index, believed->checkpoint.origin);
}

/* With the lock, and with what the folder says now. */
static RESULT place_lease(struct grant *grant, struct session *now, enum placing *ret_placing)
{
    struct checkpoint known;
    struct showing showing;
    bool found = false;
    bool overtaken = false;
    struct result outcome = check_place(grant, now, &overtaken);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, _("the lease"));
    if (overtaken) {
        say_lease(grant, &now->holding.believed, true);
        *ret_placing = PLACING_OVERTAKEN;
        return RESULT_OK;
    }
    const struct awaited awaited = awaited_of(grant);
    outcome =
        holding_verify(&now->holder, &awaited, reply_slice(&grant->license), grant->answer.proof, &grant->believed);
    if (!is_ok(outcome))
        return attempt_fail_answer(grant->attempt, outcome, _("license or lease"));
    struct reason words = {.text = ""};
    outcome = checkpoint_known(now->installation, &grant->host_key, &known, &found, &words);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, words.text);
    if (found && !seen_is(&grant->request.seen, &known)) {
        *ret_placing = PLACING_ASK_AGAIN;
        return RESULT_OK;
    }
    TRY(find_shown(grant, &showing));
    TRY(history_check(now->machine, now->installation, &showing, grant->attempt));
    TRY(keep_what_counts(grant, &showing, now));
    say_lease(grant, &grant->believed, false);
    *ret_placing = PLACING_STORED;
    return RESULT_OK;
}

static RESULT lease_store(struct grant *grant, enum placing *ret_placing)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_SESSION struct session now = {0};
    struct reason words = {.text = ""};
    struct result outcome = state_lock(grant->session->machine, &lock, &words);
    if (is_ok(outcome))
        outcome = session_again(grant->session, &now, &words);
    if (!is_ok(outcome))
        return attempt_fail(grant->attempt, outcome, words.text);
    return place_lease(grant, &now, ret_placing);
}

/* Asks once; *ret_done is false where it is to be done once more. */
static RESULT ask(struct grant *grant, bool *ret_done)
{
    enum placing placing = PLACING_STORED;
    struct result why;
    const struct result sent = send_request(grant);
    *ret_done = is_ok(sent) || !can_ask_again(grant, sent, &why);
    if (!is_ok(sent))
        return *ret_done ? why : RESULT_OK;
    const struct awaited awaited = awaited_of(grant);
    TRY(chain_check(grant->session, &awaited, &grant->answer, grant->introduced.license_note, grant->attempt,
                    &grant->license, &grant->believed));
    TRY(lease_store(grant, &placing));
    *ret_done = placing != PLACING_ASK_AGAIN;
    return RESULT_OK;
}

static RESULT obtain(struct grant *grant)
{
    TRY(find_host(grant));
    for (int i = 0; i < SENDS_MAX; i++) {
        bool done = true;
        TRY(ask(grant, &done));
        if (done)
            return RESULT_OK;
    }
    return attempt_fail(grant->attempt, FAIL(STATE_CHANGED), _("the checkpoint"));
}

static bool is_denial(enum error_code code)
{
    return code == ERR_LICENSE_REVOKED || error_info(code)->category == CATEGORY_DENIAL;
}

static struct grant begin(struct session *session, struct aval_attempt *attempt)
{
    struct grant grant = {.session = session,
                          .attempt = attempt,
                          .note = buffer_make(MACHINE_NOTE_MAX),
                          .about = buffer_make(ABOUT_NOTE_MAX)};
    grant.least.machine = session->identity.id;
    if (is_ok(session->holding_fault))
        grant.least.last = session->holding.believed.lease.request.number;
    session_evaluate(session, machine_now(session->machine));
    return grant;
}

static void end(struct grant *grant)
{
    session_bound_waiting(grant->session, grant->attempt);
    introduced_free(&grant->introduced);
    buffer_free(&grant->note);
    buffer_free(&grant->about);
    reply_free(&grant->answer_text);
    reply_free(&grant->license);
}

RESULT grant_obtain(struct session *session, struct aval_attempt *attempt)
{
    struct grant grant = begin(session, attempt);
    const struct result outcome = obtain(&grant);
    if (is_denial(result_code(outcome)) && is_ok(session->holding_fault))
        chain_refresh_revocations(session, attempt, SEQUENCE_UNSAID); /* perhaps that is why, and the lease has ended */
    end(&grant);
    return outcome;
}

/* ---- by files ---- */

static RESULT make_request(struct grant *grant, const struct verifier_key *host_key, struct buffer *out)
{
    struct reason words = {.text = ""};
    if (host_key == NULL)
        TRY(introduce_host(grant));
    else
        grant->host_key = *host_key;
    attempt_begin(grant->attempt);
    fill_request(grant);
    const struct result made = sign_request(grant, &words);
    if (!is_ok(made))
        return attempt_fail(grant->attempt, made, words.text);
    buffer_append_slice(out, buffer_slice(&grant->note));
    return buffer_status(out);
}

RESULT grant_request(struct session *session, struct aval_attempt *attempt, const struct verifier_key *host_key,
                     struct buffer *out)
{
    struct grant grant = begin(session, attempt);
    grant.carried = true;
    const struct result outcome = make_request(&grant, host_key, out);
    end(&grant);
    return outcome;
}

/* The next request is numbered above what the host shows. */
static void burn_number(struct grant *grant)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    uint64_t number;
    (void)raise_number(grant);
    if (is_ok(state_lock(grant->session->machine, &lock, NULL)))
        result_ignore(numbers_take(grant->session->installation->mine, &grant->least, &number, NULL));
}

static RESULT accept_answer(struct grant *grant, struct slice note)
{
    enum placing placing = PLACING_STORED;
    const struct result read = request_open(note, &grant->request);
    if (!is_ok(read))
        return attempt_fail(grant->attempt, FAIL(NOTHING_AWAITED), "");
    buffer_append_slice(&grant->note, note);
    TRY(buffer_status(&grant->note));
    grant->host_key = grant->request.host_key;
    const struct result answered = exchange_signed(grant->session->machine, API_ACTIVATE, note, grant->attempt,
                                                   &grant->answer_text, &grant->answer);
    if (result_code(answered) == ERR_NUMBER_USED)
        burn_number(grant);
    TRY(answered);
    const struct awaited awaited = awaited_of(grant);
    TRY(chain_check(grant->session, &awaited, &grant->answer, (struct slice){0}, grant->attempt, &grant->license,
                    &grant->believed));
    TRY(lease_store(grant, &placing));
    if (placing == PLACING_ASK_AGAIN)
        return attempt_fail(grant->attempt, FAIL(STATE_CHANGED), _("the checkpoint"));
    return RESULT_OK;
}

RESULT grant_accept(struct session *session, struct aval_attempt *attempt, struct slice note)
{
    struct grant grant = begin(session, attempt);
    const struct result outcome = accept_answer(&grant, note);
    end(&grant);
    return outcome;
}
