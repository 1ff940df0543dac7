/* Full verification of answers; see judge.h. */
#include "judge.h"

#include "core/rules/believe.h"
#include "proto/answer.h"
#include "system/files.h"

#include <string.h>

static RESULT read_key(const char *path, struct verifier_key *ret_key)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(VERIFIER_KEY_TEXT_SIZE);
    TRY(file_read(path, &text, NULL));
    return verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

static RESULT read_license(const char *path, struct judge *judge)
{
    TRY(file_read(path, &judge->license_note, NULL));
    return license_open(buffer_slice(&judge->license_note), &judge->vendor_key, 1, &judge->license);
}

static RESULT read_seen(const char *path, struct judge *judge)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(file_read(path, &note, NULL));
    struct checkpoint checkpoint;
    TRY(checkpoint_open(buffer_slice(&note), &judge->license.host_keys[0], &checkpoint));
    judge->has_seen = true;
    return seen_make(&checkpoint, buffer_slice(&note), &judge->license.host_keys[0], &judge->seen);
}

RESULT judge_open(const char *vendor_key, const char *license, const char *seen, struct judge *ret_judge,
                  const char **ret_path)
{
    struct judge judge = {.license_note = buffer_make(NOTE_MAX)};
    *ret_path = vendor_key;
    struct result result = read_key(vendor_key, &judge.vendor_key);
    if (is_ok(result)) {
        *ret_path = license;
        result = read_license(license, &judge);
    }
    if (is_ok(result) && seen != NULL) {
        *ret_path = seen;
        result = read_seen(seen, &judge);
    }
    if (!is_ok(result)) {
        buffer_free(&judge.license_note);
        return result;
    }
    *ret_judge = judge;
    return RESULT_OK;
}

void judge_close(struct judge *judge)
{
    buffer_free(&judge->license_note);
}

static RESULT check_extends(const struct seen *seen, const struct answer *answer, const struct checkpoint *now)
{
    if (seen->size == 0)
        return RESULT_OK;
    return consistency_verify(seen->size, now->size, answer->consistency, answer->consistency_length, &seen->root,
                              &now->root);
}

RESULT judge_answer(const struct judge *judge, struct slice body, const struct bench_machine *machine,
                    struct slice awaited, seconds now)
{
    struct answer answer;
    struct request request;
    TRY(answer_read(body, &answer));
    TRY(request_parse(awaited, NULL, &request));
    const struct belief belief = {
        .vendor_keys = &judge->vendor_key,
        .vendor_key_count = 1,
        .vendor = judge->license.vendor,
        .product = judge->license.product,
        .edition = judge->license.edition,
        .machine_key = &machine->key.verifier,
        .awaited = awaited,
        .number = request.number,
        .asked = &request.host_key,
        .hardware = &machine->hardware,
        .now = now,
        .fresh = true,
    };
    struct believed believed;
    TRY(believe(&belief, buffer_slice(&judge->license_note), answer.proof, &believed));
    ENSURE(believed.lease.request.number == request.number, LEASE_OTHER_REQUEST);
    return check_extends(&request.seen, &answer, &believed.checkpoint);
}
