/* The lease that this machine holds; see holding.h. */
#include "holding.h"

#include "core/rules/clock.h"
#include "folder.h"
#include "lease_files.h"
#include "state/records.h"

#include <stdio.h>
#include <string.h>

/* A reader that meets a writer twice in a row tries once more. */
enum { READ_ATTEMPTS = 3 };

RESULT holding_verify(const struct holder *holder, const struct nonce *nonce, bool fresh, struct slice license,
                      struct slice proof, struct believed *ret_believed)
{
    const struct product *product = &holder->installation->product;
    const struct belief belief = {
        .vendor_keys = product->vendor_keys,
        .vendor_key_count = product->vendor_key_count,
        .vendor = product->vendor,
        .product = product->product,
        .edition = holder->installation->edition->id,
        .machine = holder->identity->id,
        .nonce = *nonce,
        .hardware = holder->hardware,
        .revocations = holder->revocations,
        .now = holder->now,
        .fresh = fresh,
    };
    return believe(&belief, license, proof, ret_believed);
}

/* What has lost its form in the folder is a broken file, whatever form it has lost. */
static RESULT as_state(struct result why)
{
    return error_info(result_code(why))->category == CATEGORY_INPUT ? FAIL(STATE_BROKEN) : why;
}

/* When the lease ends, as it says itself; nothing has been verified yet. */
static RESULT claimed_end(struct slice proof_text, seconds *ret_end)
{
    struct tlog_proof proof;
    struct lease lease;
    TRY(tlog_proof_read(proof_text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    TRY(lease_read(slice_make(proof.extra, proof.extra_size), &lease));
    *ret_end = lease.expires;
    return RESULT_OK;
}

static RESULT read_file(const char *folder, const char *name, struct buffer *out)
{
    bool found = false;
    TRY(state_read(folder, name, out, &found));
    ENSURE(found, STATE_BROKEN);
    return RESULT_OK;
}

static RESULT read_host(const char *folder, const char *name, char ret_host[static ADDRESS_SIZE])
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct host_list hosts;
    TRY(read_file(folder, name, &text));
    TRY(host_list_read(buffer_slice(&text), &hosts));
    ENSURE(hosts.count == 1, STATE_BROKEN);
    memcpy(ret_host, hosts.addresses[0], ADDRESS_SIZE);
    return RESULT_OK;
}

/* The lease was good while it ran or it was not: whether the license has ended since is not asked, since what follows
 * the end of a lease is the beginning of grace and not a broken chain.
 */
static RESULT load_with(const struct holder *holder, struct slice proof, const struct companions *companions,
                        struct holding *ret_holding)
{
    const char *folder = holder->installation->folder;
    CLEANUP_BUFFER struct buffer license = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer request_text = buffer_make(REQUEST_MAX);
    struct request request;
    struct holding holding = {0};
    struct holder then = *holder;
    seconds end = 0;
    TRY(read_file(folder, companions->license, &license));
    TRY(read_file(folder, companions->request, &request_text));
    TRY(request_read(buffer_slice(&request_text), &request));
    TRY(read_host(folder, companions->host, holding.host));
    TRY(claimed_end(proof, &end));
    then.now = clock_while(holder->now, end);
    holding.nonce = request.nonce;
    TRY(holding_verify(&then, &request.nonce, false, buffer_slice(&license), proof, &holding.believed));
    *ret_holding = holding;
    return RESULT_OK;
}

static RESULT load_once(const struct holder *holder, struct holding *ret_holding)
{
    CLEANUP_BUFFER struct buffer proof = buffer_make(PROOF_MAX);
    bool found = false;
    TRY(state_read(holder->installation->folder, FILE_LEASE, &proof, &found));
    ENSURE(found, NO_LEASE);
    const struct result outcome = load_with(holder, buffer_slice(&proof), &companions_kept, ret_holding);
    if (is_ok(outcome) || is_ok(load_with(holder, buffer_slice(&proof), &companions_coming, ret_holding)))
        return RESULT_OK;
    return outcome;
}

RESULT holding_load(const struct holder *holder, struct holding *ret_holding)
{
    struct result outcome = RESULT_OK;
    for (int i = 0; i < READ_ATTEMPTS; i++) {
        outcome = load_once(holder, ret_holding);
        if (is_ok(outcome) || result_code(outcome) == ERR_NO_LEASE)
            return outcome;
    }
    return as_state(outcome);
}

RESULT host_key_host(const struct verifier_key *key, char ret_host[static HOST_NAME_SIZE])
{
    const char *slash = strchr(key->name, '/');
    ENSURE(slash != NULL, DOCUMENT_VALUE);
    const struct slice host = slice_make(key->name, (size_t)(slash - key->name));
    TRY(host_name_check(host));
    return slice_copy_text(host, ret_host, HOST_NAME_SIZE);
}

static RESULT checkpoint_path(const struct installation *installation, const struct verifier_key *host_key,
                              char ret_folder[static PATH_SIZE], char ret_host[static HOST_NAME_SIZE])
{
    TRY(host_key_host(host_key, ret_host));
    return path_join(ret_folder, installation->folder, FOLDER_CHECKPOINTS);
}

RESULT checkpoint_known_note(const struct installation *installation, const struct verifier_key *host_key,
                             struct buffer *out, bool *ret_found)
{
    char folder[PATH_SIZE];
    char host[HOST_NAME_SIZE];
    TRY(checkpoint_path(installation, host_key, folder, host));
    return state_read(folder, host, out, ret_found);
}

/* One that this key did not sign is of another ledger by the same name, and says nothing about this one. */
RESULT checkpoint_known(const struct installation *installation, const struct verifier_key *host_key,
                        struct checkpoint *ret_checkpoint, bool *ret_found)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(PROOF_MAX);
    bool found = false;
    TRY(checkpoint_known_note(installation, host_key, &note, &found));
    *ret_found = found && is_ok(checkpoint_open(buffer_slice(&note), host_key, ret_checkpoint));
    return RESULT_OK;
}

RESULT checkpoint_keep(const struct installation *installation, const struct verifier_key *host_key, struct slice note)
{
    char folder[PATH_SIZE];
    char host[HOST_NAME_SIZE];
    TRY(checkpoint_path(installation, host_key, folder, host));
    TRY(folder_make(folder, MODE_FOLDER, NULL));
    return state_write(folder, host, note, MODE_FILE);
}
