/* Activation hosts for tests; see fake_host.h. */
#include "fake_host.h"

#include "core/documents/leaf.h"
#include "proto/activation.h"
#include "proto/answer.h"
#include "proto/api.h"
#include "proto/introduction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A step that cannot fail in a test that was written correctly. */
static void must(struct result result)
{
    if (is_ok(result))
        return;
    fprintf(stderr, "fake host: %s\n", error_info(result_code(result))->name);
    abort();
}

static struct signing_key *key_of(const char *name, uint8_t seed)
{
    uint8_t bytes[SEED_SIZE];
    struct signing_key *key = NULL;
    memset(bytes, seed, sizeof bytes);
    must(signing_key_make(slice_of(name), bytes, &key));
    return key;
}

void network_make(struct network *network, seconds now)
{
    memset(network, 0, sizeof *network);
    network->now = now;
    network->vendor = key_of("acme.example", 1);
    network->rogue_vendor = key_of("acme.example", 2);
}

void network_free(struct network *network)
{
    for (size_t i = 0; i < network->host_count; i++) {
        signing_key_free(network->hosts[i].key);
        signing_key_free(network->hosts[i].rogue);
        free(network->hosts[i].revocations);
        buffer_free(&network->hosts[i].last_note);
    }
    signing_key_free(network->vendor);
    signing_key_free(network->rogue_vendor);
}

struct fake_host *network_add(struct network *network, const char *address, const char *name)
{
    struct fake_host *host = &network->hosts[network->host_count++];
    char key_name[KEY_NAME_SIZE];
    snprintf(key_name, sizeof key_name, "%s/acme.example", name);
    host->address = address;
    host->key = key_of(key_name, (uint8_t)(16 + network->host_count));
    host->rogue = key_of(key_name, (uint8_t)(32 + network->host_count));
    host->license_signer = network->vendor;
    host->epoch = 1;
    host->last_note = buffer_make(MACHINE_NOTE_MAX);
    host->license = (struct license){
        .vendor = "acme.example",
        .customer = "University of Example",
        .host_key_count = 1,
        .host_keys = {*signing_key_verifier(host->key)},
        .product = "studio",
        .edition = "pro",
        .mode = LICENSE_VOLUME,
        .threshold = 1,
        .seats = 10,
        .lease = 180 * DAY,
        .renew = 7 * DAY,
        .retry = 2 * HOUR,
        .features = {2, {"export", "render"}},
        .issued = network->now - DAY,
        .not_before = network->now - DAY,
        .not_after = network->now + 365 * DAY,
    };
    snprintf(host->license.id, sizeof host->license.id, "lic-%zu", network->host_count);
    return host;
}

static void edition_make(struct edition *edition, const char *product, const char *id, const char *title)
{
    memset(edition, 0, sizeof *edition);
    snprintf(edition->id, sizeof edition->id, "%s", id);
    snprintf(edition->title, sizeof edition->title, "%s", title);
    edition->key = product_key_generic("acme.example", product, id);
}

void network_product_named(const struct network *network, const char *name, seconds issued, struct buffer *out)
{
    struct product *product = calloc(1, sizeof *product);
    struct buffer text = buffer_make(DOCUMENT_MAX);
    const struct signing_key *signer = network->vendor;
    if (product == NULL)
        abort();
    snprintf(product->vendor, sizeof product->vendor, "acme.example");
    snprintf(product->product, sizeof product->product, "%s", name);
    snprintf(product->title, sizeof product->title, "Acme Studio");
    product->issued = issued;
    product->grace = 30 * DAY;
    product->vendor_key_count = 1;
    product->vendor_keys[0] = *signing_key_verifier(network->vendor);
    product->edition_count = 2;
    edition_make(&product->editions[0], name, "edu", "Education");
    edition_make(&product->editions[1], name, "pro", "Professional");
    must(product_write(product, &text));
    must(note_sign(buffer_slice(&text), &signer, 1, out));
    buffer_free(&text);
    free(product);
}

void network_product(const struct network *network, seconds issued, struct buffer *out)
{
    network_product_named(network, "studio", issued, out);
}

/* The ledger: so small that it has no tile above the first level. */

static RESULT read_tile(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    const struct fake_host *host = context;
    ENSURE(level == 0 && first + count <= host->leaf_count, INTERNAL);
    memcpy(ret_hashes, host->leaves + first, count * sizeof *ret_hashes);
    return RESULT_OK;
}

static struct checkpoint checkpoint_now(struct fake_host *host)
{
    const struct tile_source tiles = {.read = read_tile, .context = host};
    struct frontier frontier;
    struct checkpoint checkpoint = {.size = host->leaf_count};
    must(frontier_load(&tiles, host->leaf_count, &frontier));
    checkpoint.root = frontier_root(&frontier);
    must(origin_write(signing_key_verifier(host->key)->name, host->epoch, checkpoint.origin));
    return checkpoint;
}

static void log_leaf(struct fake_host *host, struct slice leaf)
{
    if (host->leaf_count == FAKE_LEAVES_MAX)
        abort();
    memcpy(host->texts[host->leaf_count], leaf.data, leaf.size);
    host->text_sizes[host->leaf_count] = leaf.size;
    host->leaves[host->leaf_count++] = merkle_leaf(leaf);
}

void fake_host_forget(struct fake_host *host, size_t leaf_count)
{
    host->leaf_count = leaf_count;
    host->machine_count = 0;
    memset(host->records, 0, sizeof host->records);
}

void fake_host_begin_epoch(struct fake_host *host, uint64_t epoch)
{
    struct epoch leaf = {
        .size = host->leaf_count, .found = host->leaf_count, .why = EPOCH_RESTORED, .began = (seconds)epoch};
    const struct checkpoint ended = checkpoint_now(host);
    struct buffer text = buffer_make(LEAF_MAX);
    memcpy(leaf.previous, ended.origin, sizeof leaf.previous);
    leaf.root = ended.root;
    host->epoch = epoch;
    host->leaf_count = 0;
    must(origin_write(signing_key_verifier(host->key)->name, epoch, leaf.origin));
    must(epoch_write(&leaf, &text));
    log_leaf(host, buffer_slice(&text));
    buffer_free(&text);
}

static void sign_checkpoint(struct fake_host *host, struct buffer *out)
{
    struct checkpoint checkpoint = checkpoint_now(host);
    if (host->lie != LIE_ORIGIN) {
        must(checkpoint_sign(&checkpoint, host->lie == LIE_CHECKPOINT_OF_OTHER ? host->rogue : host->key, out));
        return;
    }
    struct buffer text = buffer_make(DOCUMENT_MAX);
    const struct signing_key *signer = host->key;
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "other.example/acme.example");
    checkpoint_write(&checkpoint, &text);
    must(note_sign(buffer_slice(&text), &signer, 1, out));
    buffer_free(&text);
}

/* The tlog-proof of a leaf, with whatever is wrong with it. */
static void prove(struct fake_host *host, uint64_t index, struct buffer *out)
{
    const struct tile_source tiles = {.read = read_tile, .context = host};
    struct tlog_proof proof = {.has_extra = host->lie != LIE_NO_EXTRA, .index = index};
    struct buffer note = buffer_make(NOTE_MAX);
    proof.extra_size = host->text_sizes[index];
    memcpy(proof.extra, host->texts[index], proof.extra_size);
    if (host->lie == LIE_NO_LEASE)
        proof.extra[0] ^= 1;
    if (host->lie == LIE_ALTERED_LEASE) {
        struct lease lease;
        struct slice request;
        struct buffer text = buffer_make(LEAF_MAX);
        must(lease_read(slice_make(proof.extra, proof.extra_size), &lease, &request));
        lease.expires += DAY;
        must(lease_write(&lease, request, &text));
        proof.extra_size = text.size;
        memcpy(proof.extra, text.data, text.size);
        buffer_free(&text);
    }
    if (host->lie != LIE_NO_PROOF)
        must(inclusion_prove(&tiles, index, host->leaf_count, proof.path, &proof.path_length));
    sign_checkpoint(host, &note);
    proof.checkpoint = buffer_slice(&note);
    tlog_proof_write(&proof, out);
    buffer_free(&note);
}

/* Answers */

static struct machine_record *record_of(struct fake_host *host, const struct machine_id *machine)
{
    for (size_t i = 0; i < host->machine_count; i++)
        if (memcmp(host->machines[i].bytes, machine->bytes, MACHINE_ID_SIZE) == 0)
            return &host->records[i];
    if (host->machine_count == FAKE_MACHINES_MAX)
        abort();
    host->machines[host->machine_count] = *machine;
    return &host->records[host->machine_count++];
}

static struct figures figures_of(const struct fake_host *host, seconds now)
{
    struct figures figures = {.count = host->others};
    for (size_t i = 0; i < host->machine_count; i++) {
        figures.count += record_counts(&host->records[i], now) ? 1 : 0;
        figures.held += record_holds(&host->records[i], now) ? 1 : 0;
    }
    return figures;
}

static int deny(const struct denial *denial, struct buffer *out)
{
    must(denial_write(denial, out));
    return error_info(denial->code)->http_status;
}

static int deny_for(enum error_code code, seconds retry_after, struct buffer *out)
{
    const struct denial denial = denial_make(code, retry_after);
    return deny(&denial, out);
}

static int refuse(const struct fake_host *host, struct buffer *out)
{
    return deny_for(host->refuse, host->refuse_for > 0 ? host->refuse_for : HOUR, out);
}

static void write_answer(struct fake_host *host, const struct seen *seen, uint64_t index, struct buffer *out)
{
    const struct tile_source tiles = {.read = read_tile, .context = host};
    const struct checkpoint now = checkpoint_now(host);
    struct answer answer = {.revocations = host->revocations != NULL ? host->revocations->sequence : 0};
    struct buffer proof = buffer_make(PROOF_MAX);
    if (host->lie == LIE_HISTORY)
        memset(&host->leaves[0], 0, sizeof host->leaves[0]);
    prove(host, index, &proof);
    if (strcmp(seen->origin, now.origin) == 0 && seen->size > 0 && seen->size < now.size &&
        host->lie != LIE_NO_CONSISTENCY)
        must(consistency_prove(&tiles, seen->size, now.size, answer.consistency, &answer.consistency_length));
    answer.proof = buffer_slice(&proof);
    answer_write(&answer, out);
    buffer_free(&proof);
}

/* Behind the denial the last leaf of that key, or whatever the test has put in its place. */
static int deny_number(const struct fake_host *host, const struct machine_record *record, const struct denial *denial,
                       struct buffer *out)
{
    const int status = deny(denial, out);
    buffer_append_byte(out, '\n');
    if (host->shown_leaf != NULL)
        buffer_append_slice(out, buffer_slice(host->shown_leaf));
    else
        buffer_append(out, host->texts[record->leaf], host->text_sizes[record->leaf]);
    return status;
}

/* Whether the request is for this host; what is not signed by the key that it names never comes so far. */
static bool names_me(const struct fake_host *host, const struct verifier_key *host_key)
{
    return verifier_key_equal(host_key, signing_key_verifier(host->key));
}

static void log_lease(struct fake_host *host, struct lease *lease, struct slice note)
{
    struct buffer leaf = buffer_make(LEAF_MAX);
    struct buffer other = buffer_make(MACHINE_NOTE_MAX);
    if (host->bend != NULL)
        host->bend(lease);
    if (host->bend_note != NULL) {
        host->bend_note(host, note, &other);
        note = buffer_slice(&other);
    }
    must(lease_write(lease, note, &leaf));
    log_leaf(host, buffer_slice(&leaf));
    buffer_free(&other);
    buffer_free(&leaf);
}

/* Kept of a note that the machine signed for this very request. */
static void hear_about(struct fake_host *host, const struct request *request, const struct activation *activation)
{
    const struct hash hash = hash_of(activation->request);
    host->told = activation->about.size > 0;
    if (host->told)
        must(about_open(activation->about, &request->machine_key, &hash, &host->last_about));
}

/* As the engine has it. */
static bool is_untold(const struct fake_host *host, const struct machine_record *record, const struct request *request,
                      seconds now)
{
    struct lease lease;
    struct slice note;
    char origin[KEY_NAME_SIZE];
    must(origin_write(signing_key_verifier(host->key)->name, host->epoch, origin));
    if (host->lie == LIE_UNTOLD || strcmp(request->seen.origin, origin) == 0 ||
        !record_runs(record, (uint32_t)host->epoch, now))
        return false;
    must(lease_read(slice_make(host->texts[record->leaf], host->text_sizes[record->leaf]), &lease, &note));
    return !seen_equal(&lease.request.seen, &request->seen);
}

static int activate(struct fake_host *host, seconds now, struct slice sent, struct buffer *out)
{
    struct request request;
    struct decision decision;
    const struct activation activation = activation_read(sent);
    const struct slice body = activation.request;
    must(request_open(body, &request));
    hear_about(host, &request, &activation);
    must(seen_verify(&request.seen, &request.host_key));
    host->last_request = request;
    host->requests++;
    buffer_clear(&host->last_note);
    buffer_append_slice(&host->last_note, body);
    if (host->refuse != OK)
        return refuse(host, out);
    if (!names_me(host, &request.host_key))
        return deny_for(ERR_REQUEST_OTHER_HOST, 0, out);
    struct machine_record *record = record_of(host, &request.machine);
    if (request_mode(&request) != host->license.mode)
        return deny_for(denial_other_mode(request_mode(&request)), HOUR, out);
    const struct figures figures = figures_of(host, now);
    record->paced = 0; /* this host grants as often as it is asked */
    const struct question question = {
        .license = &host->license,
        .record = record,
        .figures = &figures,
        .request = &request,
        .note = hash_of(body),
        .last_number = record->number,
        .untold = is_untold(host, record, &request, now),
        .ledger = (uint32_t)host->epoch,
        .now = now,
    };
    decide(&question, &decision);
    if (decision.kind == DECISION_DENY && decision.denial.code == ERR_NUMBER_USED)
        return deny_number(host, record, &decision.denial, out);
    uint64_t index = record->leaf;
    *record = decision.record;
    if (decision.kind == DECISION_DENY)
        return deny(&decision.denial, out);
    if (decision.kind == DECISION_GRANT) {
        index = host->leaf_count;
        record->leaf = index;
        record->ledger = (uint32_t)host->epoch;
        log_lease(host, &decision.lease, body);
    }
    write_answer(host, &request.seen, index, out);
    return 200;
}

static int release(struct fake_host *host, seconds now, struct slice body, struct buffer *out)
{
    struct release release;
    struct decision decision;
    must(release_open(body, &release));
    must(seen_verify(&release.seen, &release.host_key));
    host->last_release = release;
    host->releases++;
    buffer_clear(&host->last_note);
    buffer_append_slice(&host->last_note, body);
    if (host->refuse != OK)
        return refuse(host, out);
    if (!names_me(host, &release.host_key))
        return deny_for(ERR_REQUEST_OTHER_HOST, 0, out);
    struct machine_record *record = record_of(host, &release.machine);
    const struct figures figures = figures_of(host, now);
    const struct question question = {
        .license = &host->license,
        .record = record,
        .figures = &figures,
        .release = &release,
        .note = hash_of(body),
        .last_number = record->number,
        .ledger = (uint32_t)host->epoch,
        .now = now,
    };
    decide_release(&question, &decision);
    if (decision.kind == DECISION_DENY && decision.denial.code == ERR_NUMBER_USED)
        return deny_number(host, record, &decision.denial, out);
    if (decision.kind == DECISION_DENY)
        return deny(&decision.denial, out);
    if (decision.kind == DECISION_GRANT) {
        struct buffer leaf = buffer_make(LEAF_MAX);
        *record = decision.record;
        record->leaf = host->leaf_count;
        record->ledger = (uint32_t)host->epoch;
        must(released_write(&decision.released, host->other_release != NULL ? buffer_slice(host->other_release) : body,
                            &leaf));
        log_leaf(host, buffer_slice(&leaf));
        buffer_free(&leaf);
    }
    write_answer(host, &release.seen, record->leaf, out);
    return 200;
}

static void sign_license(const struct fake_host *host, const struct license *license, struct buffer *out)
{
    struct buffer text = buffer_make(DOCUMENT_MAX);
    must(license_write(license, &text));
    must(note_sign(buffer_slice(&text), &host->license_signer, 1, out));
    buffer_free(&text);
}

static int introduce(struct fake_host *host, const char *offer, struct buffer *out)
{
    struct introduction introduction = {.revocations = host->revocations != NULL ? host->revocations->sequence : 0};
    struct license license = host->license;
    struct buffer note = buffer_make(NOTE_MAX);
    struct buffer checkpoint = buffer_make(CHECKPOINT_NOTE_MAX);
    char mine[(size_t)3 * NAME_SIZE];
    snprintf(mine, sizeof mine, "%s/%s/%s", license.vendor, license.product, license.edition);
    const size_t length = strlen(mine);
    const bool meant =
        strncmp(offer, mine, length) == 0 && (offer[length] == 0 || strcmp(offer + length, "/counted") == 0);
    if (!meant && host->bend_license == NULL)
        return deny_for(ERR_NO_LICENSE, 0, out);
    host->introductions++;
    if (host->bend_license != NULL)
        host->bend_license(&license);
    sign_license(host, &license, &note);
    sign_checkpoint(host, &checkpoint);
    introduction.license = buffer_slice(&note);
    introduction.checkpoint = buffer_slice(&checkpoint);
    introduction_write(&introduction, out);
    buffer_free(&note);
    buffer_free(&checkpoint);
    return 200;
}

static int give_license(struct fake_host *host, const char *id, struct buffer *out)
{
    if (strcmp(id, host->license.id) != 0 || host->lie == LIE_NO_LICENSE_PAGE)
        return deny_for(ERR_NO_SUCH_PAGE, 0, out);
    sign_license(host, &host->license, out);
    return 200;
}

static int give_revocations(const struct network *network, const struct fake_host *host, struct buffer *out)
{
    struct buffer text = buffer_make(DOCUMENT_MAX);
    const struct signing_key *signer = network->vendor;
    if (host->revocations == NULL) {
        const struct denial denial = denial_make(ERR_NO_SUCH_PAGE, 0);
        return deny(&denial, out);
    }
    must(revocations_write(host->revocations, &text));
    must(note_sign(buffer_slice(&text), &signer, 1, out));
    buffer_free(&text);
    return 200;
}

static int answer_to(struct network *network, struct fake_host *host, const char *path, struct slice body,
                     struct buffer *out)
{
    static const char page[] = "<html>It works!</html>\n";
    if (host->lie == LIE_GARBAGE || host->lie == LIE_ERROR_PAGE) {
        buffer_append_text(out, page);
        return host->lie == LIE_GARBAGE ? 200 : 500;
    }
    if (strncmp(path, API_INTRODUCE, sizeof API_INTRODUCE - 1) == 0)
        return introduce(host, path + sizeof API_INTRODUCE - 1, out);
    if (strcmp(path, API_ACTIVATE) == 0)
        return activate(host, network->now + host->clock_error, body, out);
    if (strcmp(path, API_RELEASE) == 0)
        return release(host, network->now, body, out);
    if (strncmp(path, API_LICENSE, sizeof API_LICENSE - 1) == 0)
        return give_license(host, path + sizeof API_LICENSE - 1, out);
    return give_revocations(network, host, out);
}

int network_ask(void *context, const char *address, const char *path, const char *body, size_t body_size,
                const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                int *ret_http_status, char *reason, size_t reason_size)
{
    struct network *network = context;
    struct fake_host *host = NULL;
    (void)authorization;
    if (network->path_count == PATHS_MAX)
        abort();
    snprintf(network->paths[network->path_count++], sizeof network->paths[0], "%s %s", address, path);
    for (size_t i = 0; i < network->host_count; i++)
        if (strcmp(network->hosts[i].address, address) == 0)
            host = &network->hosts[i];
    if (host == NULL || host->lie == LIE_SILENT) {
        snprintf(reason, reason_size, "%s",
                 host == NULL     ? "nobody listens"
                 : timeout_ms > 0 ? "nothing in time"
                                  : "no time");
        return host == NULL ? AVAL_HOST_UNREACHABLE : AVAL_HOST_TIMEOUT;
    }
    struct buffer out = buffer_make(capacity);
    *ret_http_status = answer_to(network, host, path, slice_make(body, body_size), &out);
    must(buffer_status(&out));
    if (out.size > 0)
        memcpy(answer, out.data, out.size);
    *ret_size = host->lie == LIE_TOO_LARGE ? capacity + 1 : out.size;
    buffer_free(&out);
    return AVAL_OK;
}

int64_t network_now(void *context)
{
    const struct network *network = context;
    return network->now;
}

size_t network_asked(const struct network *network, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < network->path_count; i++)
        count += strstr(network->paths[i], part) != NULL ? 1 : 0;
    return count;
}
