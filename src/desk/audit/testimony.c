/* What machines have seen; see testimony.h. */
#include "testimony.h"

#include "base/sentences.h"
#include "core/tlog/merkle.h"

#include <inttypes.h>

enum agreement {
    AGREES,        /* as far as is known */
    OTHER_ROOT,    /* the tree of that size has another one */
    BEHIND_LEAF,   /* the tree had not that many leaves yet */
    LATER_EPOCH,   /* the ledger had ended before */
    BEYOND_THE_END /* of an ended epoch, as the one after it tells */
};

struct comparison {
    enum agreement agreement;
    uint64_t epoch;   /* that was seen */
    struct hash root; /* of OTHER_ROOT: that of the ledger */
};

static bool is_beyond_the_end(const struct testimony *testimony, uint64_t epoch)
{
    uint64_t end = 0;
    return epoch < testimony->epoch && book_told_end(testimony->book, epoch, &end) && testimony->seen->size > end;
}

/* What was audited beyond an epoch's end, before that was told, still has its roots. */
static RESULT compare_root(const struct testimony *testimony, struct comparison *comparison, struct reason *reason)
{
    const struct seen *seen = testimony->seen;
    bool known = false;
    TRY(book_find_root(testimony->book, comparison->epoch, seen->size, &known, &comparison->root, reason));
    if (known && !hash_equal(&comparison->root, &seen->root))
        comparison->agreement = OTHER_ROOT;
    else if (!known && is_beyond_the_end(testimony, comparison->epoch))
        comparison->agreement = BEYOND_THE_END;
    return RESULT_OK;
}

static RESULT compare(const struct testimony *testimony, struct comparison *ret_comparison, struct reason *reason)
{
    struct comparison comparison = {.agreement = AGREES};
    /* The document's reader has found it to be of that key. */
    TRY(origin_epoch(testimony->seen->origin, testimony->host_key->name, &comparison.epoch));
    if (comparison.epoch > testimony->epoch)
        comparison.agreement = LATER_EPOCH;
    else if (comparison.epoch == testimony->epoch && testimony->seen->size > testimony->index)
        comparison.agreement = BEHIND_LEAF;
    else
        TRY(compare_root(testimony, &comparison, reason));
    *ret_comparison = comparison;
    return RESULT_OK;
}

#define PROVED _("; both are signed by the host's key, which proves it")

/* Of the running epoch no honest host takes a request that tells so. Of one that its host has ended since it may have
 * come to that by an old copy of its folder, which no host can tell by itself; see docs/threat-model.md. */
static bool has_ended(const struct testimony *testimony, const struct comparison *comparison)
{
    return comparison->epoch < testimony->epoch;
}

static void accuse(const struct testimony *testimony, const struct comparison *comparison, struct verdict *verdict)
{
    const struct seen *seen = testimony->seen;
    char shown[BASE64_LENGTH(HASH_SIZE) + 1];
    char here[BASE64_LENGTH(HASH_SIZE) + 1];
    base64_write(seen->root.bytes, HASH_SIZE, shown);
    base64_write(comparison->root.bytes, HASH_SIZE, here);
    if (comparison->agreement == OTHER_ROOT && has_ended(testimony, comparison))
        verdict_add(
            verdict, ERR_AUDIT_COPY,
            _("%s with %" PRIu64 " leaves was signed with the root %s, which a machine was shown, and with %s, "
              "which its host shows or tells%s; an old copy of the host's folder has served, by mistake or on purpose"),
            seen->origin, seen->size, shown, here, PROVED);
    else if (comparison->agreement == OTHER_ROOT)
        verdict_add(
            verdict, ERR_AUDIT_SEEN,
            _("the machine was shown %s with %" PRIu64 " leaves and the root %s; audited with as many was %s%s"),
            seen->origin, seen->size, shown, here, PROVED);
    else
        verdict_add(verdict, ERR_AUDIT_SEEN,
                    _("the machine had been shown %s with %" PRIu64 " leaves and the root %s before there was leaf "
                      "%" PRIu64 " here%s"),
                    seen->origin, seen->size, shown, testimony->index, PROVED);
}

RESULT testimony_judge(const struct testimony *testimony, struct verdict *verdict, struct reason *reason)
{
    struct comparison comparison;
    TRY(compare(testimony, &comparison, reason));
    if (comparison.agreement == AGREES)
        return RESULT_OK;
    const struct result verified = seen_verify(testimony->seen, testimony->host_key);
    if (result_code(verified) == ERR_NO_MEMORY)
        return verified;
    if (!is_ok(verified))
        verdict_add(verdict, ERR_AUDIT_REQUEST,
                    _("the host's signature of what the machine has seen, %" PRIu64 " leaves, does not hold"),
                    testimony->seen->size);
    else if (comparison.agreement == BEYOND_THE_END)
        TRY(book_saw(testimony->book, comparison.epoch, testimony->seen->size));
    else
        accuse(testimony, &comparison, verdict);
    return RESULT_OK;
}

/* ---- what an epoch was shown ---- */

/* Which of the roll's keys has signed it; NULL: none. */
static RESULT signer_of(const struct roll *roll, const struct seen *seen, const struct verifier_key **ret_key)
{
    *ret_key = NULL;
    for (size_t i = 0; i < roll->key_count && *ret_key == NULL; i++) {
        const struct result verified = seen_verify(seen, &roll->keys[i]);
        if (result_code(verified) == ERR_NO_MEMORY)
            return verified;
        if (is_ok(verified))
            *ret_key = &roll->keys[i];
    }
    return RESULT_OK;
}

RESULT testimony_shown(const struct shown_testimony *shown, struct verdict *verdict, struct reason *reason)
{
    for (size_t i = 0; i < shown->epoch->shown_count; i++) {
        struct testimony testimony = {shown->book, shown->roll->epoch, 0, &shown->epoch->shown[i], NULL};
        uint64_t epoch;
        TRY(signer_of(shown->roll, testimony.seen, &testimony.host_key));
        if (testimony.host_key == NULL ||
            !is_ok(origin_epoch(testimony.seen->origin, testimony.host_key->name, &epoch))) {
            verdict_add(verdict, ERR_AUDIT_LEAF, _("nobody signed what it was shown of %.100s, %" PRIu64 " leaves"),
                        testimony.seen->origin, testimony.seen->size);
            continue;
        }
        TRY(testimony_judge(&testimony, verdict, reason));
    }
    return RESULT_OK;
}
