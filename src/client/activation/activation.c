/*
 * Getting a lease: the hosts in turn, until one gives a lease in whose chain every link holds.
 *
 * With each host:
 *   1. the request goes out, with a nonce of its own and the size of the last checkpoint seen of that host's ledger
 *   2. the license that the lease names is taken from the folder, or fetched; newer revocations are fetched
 *   3. believe() looks at every link
 *   4. the ledger must extend the checkpoint kept of it; where the request had named another size, the same request is
 *      sent once more with the right one, which the host answers with the same lease; where it does not, both signed
 *      checkpoints are kept as evidence, and the next host is asked
 *   5. lease and checkpoint are stored
 */
#include "activation.h"

#include "base/secret.h"

#include "exchange.h"
#include "history.h"
#include "hosts/list.h"
#include "proto/answer.h"
#include "proto/api.h"
#include "session.h"
#include "state/folder.h"
#include "state/lease_files.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One host's lease on its way into the folder. */
struct grant {
    struct session *session;
    struct aval_attempt *attempt;
    struct request request;
    struct buffer request_text;
    struct reply answer_text;
    struct answer answer; /* borrows from answer_text */
    struct reply license;
    struct believed believed;
};

/* The ledger behind a host is known once it has given a lease; before, and behind other hosts, it is not. */
static uint64_t size_seen(const struct session *session, const char *host)
{
    struct checkpoint checkpoint;
    bool found = false;
    if (!is_ok(session->holding_fault) || strcmp(session->holding.host, host) != 0)
        return 0;
    const struct verifier_key *host_key = &session->holding.believed.license.host_key;
    if (!is_ok(checkpoint_known(session->installation, host_key, &checkpoint, &found)) || !found)
        return 0;
    return checkpoint.size;
}

static void request_make(struct grant *grant)
{
    const struct session *session = grant->session;
    const struct installation *installation = session->installation;
    struct request *request = &grant->request;
    uint8_t secret[RELEASE_SECRET_SIZE];
    memset(request, 0, sizeof *request);
    snprintf(request->vendor, sizeof request->vendor, "%s", installation->product.vendor);
    snprintf(request->product, sizeof request->product, "%s", installation->product.product);
    snprintf(request->edition, sizeof request->edition, "%s", installation->edition->id);
    request->machine = session->identity.id;
    request->hardware = session->hardware;
    entropy_fill(request->nonce.bytes, sizeof request->nonce.bytes);
    release_secret(&session->identity, &request->nonce, secret);
    request->lock = hash_of(slice_make(secret, sizeof secret));
    secret_wipe(secret, sizeof secret);
    request->time = session->holder.now;
    request->state = session->evaluation.state;
    request->seen = size_seen(session, grant->attempt->host);
}

static RESULT ask(struct grant *grant)
{
    buffer_clear(&grant->request_text);
    const struct result written = request_write(&grant->request, &grant->request_text);
    if (!is_ok(written))
        return attempt_fail(grant->attempt, written, "");
    TRY(exchange(grant->session->machine, API_ACTIVATE, buffer_slice(&grant->request_text), ANSWER_MAX, grant->attempt,
                 &grant->answer_text));
    const struct result read = answer_read(reply_slice(&grant->answer_text), &grant->answer);
    return is_ok(read) ? RESULT_OK : attempt_fail_answer(grant->attempt, read, "the answer");
}

/* Newer revocations are taken where they are the vendor's; that a host does not hand them out is no reason to refuse
 * its lease, since it need not have told of them either. */
static void refresh_revocations(struct session *session, const struct aval_attempt *asked, uint64_t sequence)
{
    const struct product *product = &session->installation->product;
    struct aval_attempt attempt = {0};
    CLEANUP_REPLY struct reply note = {0};
    char path[sizeof API_REVOCATIONS + NAME_SIZE];
    if (sequence <= (session->revocations != NULL ? session->revocations->sequence : 0))
        return;
    snprintf(attempt.host, sizeof attempt.host, "%s", asked->host);
    snprintf(path, sizeof path, API_REVOCATIONS "%s", product->vendor);
    struct revocations *newer = malloc(sizeof *newer);
    const struct slice none = {0};
    if (newer == NULL || !is_ok(exchange(session->machine, path, none, NOTE_MAX, &attempt, &note)) ||
        !is_ok(revocations_open(reply_slice(&note), product->vendor_keys, product->vendor_key_count, newer)) ||
        (session->revocations != NULL && newer->sequence <= session->revocations->sequence)) {
        free(newer);
        return;
    }
    free(session->revocations);
    session->revocations = newer;
    session->holder.revocations = newer;
    result_ignore(state_write(session->installation->folder, FILE_REVOCATIONS, reply_slice(&note), MODE_FILE));
}

/* The license in the folder, where it is the one that is named and the vendor signed it. */
static bool have_license(const struct session *session, const char *id, struct reply *reply)
{
    const struct product *product = &session->installation->product;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct license license;
    bool found = false;
    if (!is_ok(state_read(session->installation->folder, FILE_LICENSE, &note, &found)) || !found ||
        !is_ok(license_open(buffer_slice(&note), product->vendor_keys, product->vendor_key_count, &license)) ||
        strcmp(license.id, id) != 0)
        return false;
    reply_free(reply);
    reply->data = (uint8_t *)buffer_take(&note, &reply->size);
    return reply->data != NULL;
}

static RESULT get_license(struct grant *grant, const char *id)
{
    char path[sizeof API_LICENSE + NAME_SIZE];
    const struct slice none = {0};
    if (have_license(grant->session, id, &grant->license))
        return RESULT_OK;
    snprintf(path, sizeof path, API_LICENSE "%s", id);
    return exchange(grant->session->machine, path, none, NOTE_MAX, grant->attempt, &grant->license);
}

/* Which license the lease names. Nothing has been verified yet. */
static RESULT claimed_license(struct slice proof_text, char ret_id[static NAME_SIZE])
{
    struct tlog_proof proof;
    struct lease lease;
    TRY(tlog_proof_read(proof_text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    TRY(lease_read(slice_make(proof.extra, proof.extra_size), &lease));
    memcpy(ret_id, lease.license, NAME_SIZE);
    return RESULT_OK;
}

static RESULT check_chain(struct grant *grant)
{
    struct session *session = grant->session;
    char id[NAME_SIZE];
    const struct result named = claimed_license(grant->answer.proof, id);
    if (!is_ok(named))
        return attempt_fail_answer(grant->attempt, named, "the lease");
    refresh_revocations(session, grant->attempt, grant->answer.revocations);
    TRY(get_license(grant, id));
    session->holder.now = machine_now(session->machine);
    const struct result believed = holding_verify(&session->holder, &grant->request.nonce, true,
                                                  reply_slice(&grant->license), grant->answer.proof, &grant->believed);
    return is_ok(believed) ? RESULT_OK : attempt_fail_answer(grant->attempt, believed, "license or lease");
}

static RESULT check_history(struct grant *grant)
{
    struct session *session = grant->session;
    struct tlog_proof proof;
    const struct result read = tlog_proof_read(grant->answer.proof, &proof);
    if (!is_ok(read))
        return attempt_fail_answer(grant->attempt, read, "the lease");
    const struct showing showing = {
        .host_key = &grant->believed.license.host_key,
        .checkpoint = proof.checkpoint,
        .consistency = grant->answer.consistency,
        .consistency_length = grant->answer.consistency_length,
        .request = buffer_slice(&grant->request_text),
    };
    return history_check(session->machine, session->installation, &showing, grant->attempt);
}

static RESULT obtain(struct grant *grant)
{
    struct checkpoint known;
    bool found = false;
    TRY(ask(grant));
    TRY(check_chain(grant));
    const struct installation *installation = grant->session->installation;
    const struct result looked = checkpoint_known(installation, &grant->believed.license.host_key, &known, &found);
    if (!is_ok(looked))
        return attempt_fail(grant->attempt, looked, file_last_message());
    if (!found)
        return RESULT_OK;
    if (grant->request.seen != known.size) {
        grant->request.seen = known.size;
        TRY(ask(grant));
        TRY(check_chain(grant));
    }
    return check_history(grant);
}

/* The checkpoint of a lease that was believed is the one signed by its license's key, so it is kept by that. */
static RESULT keep(struct grant *grant)
{
    const struct installation *installation = grant->session->installation;
    const struct lease_files text = {
        .proof = grant->answer.proof,
        .license = reply_slice(&grant->license),
        .request = buffer_slice(&grant->request_text),
        .host = grant->attempt->host,
    };
    struct tlog_proof proof;
    TRY(tlog_proof_read(grant->answer.proof, &proof));
    TRY(lease_files_store(installation->folder, &text));
    return checkpoint_keep(installation, &grant->believed.license.host_key, proof.checkpoint);
}

static RESULT try_host(struct session *session, struct aval_attempt *attempt)
{
    struct grant grant = {.session = session, .attempt = attempt, .request_text = buffer_make(REQUEST_MAX)};
    session_evaluate(session, machine_now(session->machine));
    request_make(&grant);
    struct result outcome = obtain(&grant);
    if (is_ok(outcome)) {
        outcome = keep(&grant);
        if (!is_ok(outcome))
            outcome = attempt_fail(attempt, outcome, file_last_message());
    }
    if (is_ok(outcome)) {
        attempt->code = AVAL_OK;
        snprintf(attempt->message, sizeof attempt->message, "lease %llu of the ledger of %s",
                 (unsigned long long)grant.believed.index, grant.believed.checkpoint.origin);
    }
    buffer_free(&grant.request_text);
    reply_free(&grant.answer_text);
    reply_free(&grant.license);
    return outcome;
}

static bool is_due(const struct session *session)
{
    if (!is_ok(session->holding_fault) || session->evaluation.state != STATE_LICENSED)
        return true;
    const struct lease *lease = &session->holding.believed.lease;
    return session->holder.now >= lease->issued + lease->renew_after;
}

static RESULT try_hosts(struct session *session, struct aval_report *report)
{
    struct host_list hosts;
    TRY(hosts_to_try(session->machine, &hosts));
    struct result outcome = FAIL(NO_HOST_KNOWN);
    for (size_t i = 0; i < hosts.count && !is_ok(outcome); i++) {
        outcome = try_host(session, report_add(report, hosts.addresses[i]));
        if (error_info(result_code(outcome))->category == CATEGORY_FILES)
            break; /* no other host can help */
    }
    const struct aval_attempt *verdict = report_verdict(report);
    session_remember(session, verdict);
    if (verdict->code == AVAL_OK)
        return RESULT_OK;
    machine_detail(session->machine, "%s", verdict->host);
    return FAIL_CODE(verdict->code);
}

RESULT activation_run(aval_machine *machine, const char *product, bool only_when_due, struct aval_report *report)
{
    CLEANUP_LOCK int lock = -1;
    CLEANUP_SESSION struct session session = {0};
    struct installation *probe = NULL;
    /* Before anything is made in a folder where nothing is installed. */
    TRY(installation_load(machine, product, &probe));
    installation_cleanup(&probe);
    TRY(state_lock(machine, &lock));
    TRY(session_begin(&session, machine, product, true));
    if (session.installation->edition == NULL)
        return session.installation->key_fault;
    if (only_when_due && !is_due(&session))
        return RESULT_OK;
    return try_hosts(&session, report);
}
