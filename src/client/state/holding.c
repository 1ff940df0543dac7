/* The lease that this machine holds; see holding.h. */
#include "holding.h"

#include "base/hash.h"
#include "core/rules/clock.h"
#include "folder.h"
#include "lease_files.h"
#include "state/records.h"

#include <stdio.h>
#include <string.h>

/* A reader that meets a writer twice in a row tries once more. */
enum { READ_ATTEMPTS = 3 };

static struct belief belief_of(const struct holder *holder)
{
    const struct product *product = &holder->installation->product;
    return (struct belief){
        .vendor_keys = product->vendor_keys,
        .vendor_key_count = product->vendor_key_count,
        .vendor = product->vendor,
        .product = product->product,
        .edition = holder->edition != NULL ? holder->edition : holder->installation->edition->id,
        .machine_key = &holder->identity->key,
        .released = holder->released,
        .hardware = holder->hardware,
        .unreadable = holder->unreadable,
        .revocations = holder->revocations,
        .now = holder->now,
    };
}

RESULT holding_verify(const struct holder *holder, const struct awaited *awaited, struct slice license,
                      struct slice proof, struct believed *ret_believed)
{
    struct belief belief = belief_of(holder);
    if (awaited != NULL) {
        belief.fresh = true;
        belief.awaited = awaited->note;
        belief.number = awaited->number;
        belief.asked = awaited->host_key;
    }
    return believe(&belief, license, proof, ret_believed);
}

RESULT holding_verify_license(const struct holder *holder, struct slice license, struct license *ret_license)
{
    const struct belief belief = belief_of(holder);
    return believe_license(&belief, license, ret_license);
}

/* What has lost its form in the folder is a broken file, whatever form it has lost. */
static RESULT as_state(struct result why)
{
    return error_info(result_code(why))->category == CATEGORY_INPUT ? FAIL(STATE_BROKEN) : why;
}

/* What the lease says itself of its end and its edition; nothing has been verified yet. NO_LEASE where it was given
 * back, and whoever was to remove it has not come to that. */
static RESULT read_claims(const struct holder *holder, struct slice proof_text, seconds *ret_end,
                          char ret_edition[static NAME_SIZE])
{
    struct tlog_proof proof;
    struct lease lease;
    struct slice note;
    TRY(tlog_proof_read(proof_text, &proof));
    ENSURE(proof.has_extra, PROOF_FORM);
    TRY(lease_read(slice_make(proof.extra, proof.extra_size), &lease, &note));
    ENSURE(lease.request.number > holder->released ||
               !verifier_key_equal(&lease.request.machine_key, &holder->identity->key),
           NO_LEASE);
    *ret_end = lease.expires;
    memcpy(ret_edition, lease.request.edition, NAME_SIZE);
    return RESULT_OK;
}

/* What a reader said of a file, with the file's name. */
static RESULT of_file(const char *folder, const char *name, struct result read, struct reason *reason)
{
    return is_ok(read) ? RESULT_OK : reason_say(reason, record_fault(read), "%s/%s", folder, name);
}

static RESULT read_file(const char *folder, const char *name, struct buffer *out, struct reason *reason)
{
    bool found = false;
    TRY(state_read(folder, name, out, &found, reason));
    return of_file(folder, name, found ? RESULT_OK : FAIL(STATE_BROKEN), reason);
}

static RESULT read_host(const char *folder, const char *name, char ret_host[static ADDRESS_SIZE], struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct host_list hosts;
    TRY(read_file(folder, name, &text, reason));
    TRY(of_file(folder, name, host_list_read(buffer_slice(&text), &hosts), reason));
    TRY(of_file(folder, name, hosts.count == 1 ? RESULT_OK : FAIL(STATE_BROKEN), reason));
    memcpy(ret_host, hosts.addresses[0], ADDRESS_SIZE);
    return RESULT_OK;
}

/* The lease was good while it ran or it was not: whether the license has ended since is not asked, since what follows
 * the end of a lease is the beginning of grace and not a broken chain.
 */
static RESULT load_with(const struct holder *holder, struct slice proof, const struct companions *companions,
                        struct holding *ret_holding, struct reason *reason)
{
    const char *folder = holder->lease_folder;
    CLEANUP_BUFFER struct buffer license = buffer_make(NOTE_MAX);
    struct holding holding = {0};
    struct holder then = *holder;
    seconds end = 0;
    char edition[NAME_SIZE];
    TRY(read_file(folder, companions->license, &license, reason));
    TRY(read_host(folder, companions->host, holding.host, reason));
    TRY(of_file(folder, FILE_LEASE, read_claims(holder, proof, &end, edition), reason));
    then.now = clock_while(holder->now, end);
    if (product_edition(&holder->installation->product, edition) != NULL)
        then.edition = edition;
    TRY(holding_verify(&then, NULL, buffer_slice(&license), proof, &holding.believed));
    *ret_holding = holding;
    return RESULT_OK;
}

/* A writer that was interrupted may have left the companions to come alone: then they say what there is to be said. */
static RESULT load_once(const struct holder *holder, struct holding *ret_holding, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer proof = buffer_make(PROOF_MAX);
    struct reason words = {.text = ""};
    bool found = false;
    TRY(state_read(holder->lease_folder, FILE_LEASE, &proof, &found, reason));
    ENSURE(found, NO_LEASE);
    const struct result outcome = load_with(holder, buffer_slice(&proof), &companions_kept, ret_holding, reason);
    if (is_ok(outcome))
        return RESULT_OK;
    const struct result coming = load_with(holder, buffer_slice(&proof), &companions_coming, ret_holding, &words);
    if (is_ok(coming) || result_code(outcome) != ERR_STATE_BROKEN || result_code(as_state(coming)) == ERR_STATE_BROKEN)
        return is_ok(coming) ? RESULT_OK : outcome;
    return reason_say(reason, coming, "%s", words.text);
}

RESULT holding_load(const struct holder *holder, struct holding *ret_holding, struct reason *reason)
{
    struct result outcome = RESULT_OK;
    struct reason words;
    for (int i = 0; i < READ_ATTEMPTS; i++) {
        words.text[0] = 0;
        outcome = load_once(holder, ret_holding, &words);
        if (is_ok(outcome) || result_code(outcome) == ERR_NO_LEASE)
            return outcome;
    }
    return reason_say(reason, as_state(outcome), "%s", words.text);
}

RESULT host_key_host(const struct verifier_key *key, char ret_host[static HOST_NAME_SIZE])
{
    struct slice host;
    struct slice vendor;
    TRY(host_key_name_read(key->name, &host, &vendor));
    return slice_copy_text(host, ret_host, HOST_NAME_SIZE);
}

enum { CHECKPOINT_NAME_SIZE = HOST_NAME_SIZE + 1 + 2 * HASH_SIZE };

/* HOST+HASH, of the whole key: two keys of one name have ledgers of their own, and the four bytes of hash that stand in
 * a key's text are too few to tell it from one that was made to look like it. */
static RESULT checkpoint_file(const struct verifier_key *host_key, char ret_file[static CHECKPOINT_NAME_SIZE])
{
    char key[VERIFIER_KEY_TEXT_SIZE];
    char host[HOST_NAME_SIZE];
    char digits[2 * HASH_SIZE + 1];
    TRY(host_key_host(host_key, host));
    verifier_key_write(host_key, key);
    const struct hash hash = hash_of(slice_of(key));
    hex_write(hash.bytes, sizeof hash.bytes, digits);
    snprintf(ret_file, CHECKPOINT_NAME_SIZE, "%s+%s", host, digits);
    return RESULT_OK;
}

RESULT checkpoint_known_note(const struct installation *installation, const struct verifier_key *host_key,
                             struct buffer *out, bool *ret_found, struct reason *reason)
{
    char folder[PATH_SIZE];
    char file[CHECKPOINT_NAME_SIZE];
    TRY(checkpoint_file(host_key, file));
    TRY(path_join(folder, installation->folder, FOLDER_CHECKPOINTS));
    return state_read(folder, file, out, ret_found, reason);
}

/* One that this key did not sign is none: somebody has changed the file. */
RESULT checkpoint_known(const struct installation *installation, const struct verifier_key *host_key,
                        struct checkpoint *ret_checkpoint, bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(PROOF_MAX);
    bool found = false;
    TRY(checkpoint_known_note(installation, host_key, &note, &found, reason));
    *ret_found = found && is_ok(checkpoint_open(buffer_slice(&note), host_key, ret_checkpoint));
    return RESULT_OK;
}

RESULT checkpoint_keep(const struct installation *installation, const struct verifier_key *host_key, struct slice note,
                       struct reason *reason)
{
    char folder[PATH_SIZE];
    char file[CHECKPOINT_NAME_SIZE];
    TRY(checkpoint_file(host_key, file));
    TRY(path_join(folder, installation->folder, FOLDER_CHECKPOINTS));
    TRY(kept_make(folder, MODE_FOLDER, reason));
    return state_write(folder, file, note, MODE_FILE, reason);
}
