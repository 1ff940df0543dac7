/*
 * Whether the simulation can fail; see self_test.h.
 *
 * A host that forgets numbers breaks what no host may: the world's own judges must see it. The other three are those of
 * docs/threat-model.md: a machine or the audit must notice, in each world in which the judges saw that it was done.
 */
#include "self_test.h"

#include "core/tlog/keys.h"
#include "must.h"
#include "root.h"
#include "signatures.h"
#include "world.h"
#include "year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORLDS = 40, YEARS = 4 };

/* ---- signatures ---- */

static struct signing_key *key_of(const char *word)
{
    const struct hash seed = hash_of(slice_of(word));
    struct signing_key *key = NULL;
    must(signing_key_make(slice_of("somebody"), seed.bytes, &key));
    return key;
}

static bool refuses_all_others(const struct signing_key *mine, const struct signing_key *others)
{
    const struct slice text = slice_of("what was signed");
    uint8_t signature[SIGNATURE_SIZE];
    signing_key_sign(mine, text, signature);
    bool good = is_ok(verifier_key_verify(signing_key_verifier(mine), text, signature)) &&
                !is_ok(verifier_key_verify(signing_key_verifier(others), text, signature)) &&
                !is_ok(verifier_key_verify(signing_key_verifier(mine), slice_of("something else"), signature));
    for (size_t bit = 0; bit < 8 * (size_t)SIGNATURE_SIZE; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        good = good && !is_ok(verifier_key_verify(signing_key_verifier(mine), text, signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    return good;
}

static bool test_signatures(bool real)
{
    signatures_use_real(real);
    CLEANUP_SIGNING_KEY struct signing_key *mine = key_of("mine");
    CLEANUP_SIGNING_KEY struct signing_key *others = key_of("others");
    const bool good = refuses_all_others(mine, others);
    printf("wrong signatures are refused, %s: %s\n", real ? "Ed25519" : "the test scheme", good ? "yes" : "NO");
    return good;
}

/* ---- hosts ---- */

static const struct kind {
    enum dishonesty dishonesty;
    const char *name;
} kinds[] = {
    {FORGETS_NUMBERS, "a host that forgets numbers"},
    {GRANTS_BEYOND, "a host that grants beyond its seats"},
    {REWRITES_HISTORY, "a host that rewrites its history"},
    {DROPS_LEAF, "a host that leaves an entry out"},
};

/* In how many worlds such a host comes to light; it must in one at least, and in each in which it did it. */
static bool test_host(struct world *world, const char *root, const struct kind *kind)
{
    unsigned noticed = 0;
    unsigned unnoticed = 0;
    unsigned judged = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        const struct world_options options = {.seed = seed, .dishonesty = kind->dishonesty, .root = root};
        world_run(world, &options);
        noticed += world->noticed;
        unnoticed += world->unnoticed;
        judged += strstr(world->violation, "of the same key") != NULL;
    }
    printf("%s: noticed in %u of %d worlds, unnoticed in %u\n", kind->name, noticed, WORLDS, unnoticed);
    return noticed > 0 && unnoticed == 0 && (kind->dishonesty != FORGETS_NUMBERS || judged > 0);
}

/* ---- years ---- */

/* In one of the first years it must come to light. */
static const struct bent {
    enum year_bend bend;
    const char *name;
    const char *words; /* of the violation */
} bents[] = {
    {YEAR_DENIES_SEATS, "a host that denies seats that are free", "by the rules"},
    {YEAR_GRANTS_BEYOND, "a host that grants seats that are not bought", "by the rules"},
    {YEAR_LETS_STRANGERS_IN, "seats for invented machines", "somebody invented"},
    {YEAR_BILLS_WRONG, "a machine, a seat or a lease too many in the bill", "the true-up of"},
};

static bool test_bent(struct world *world, const char *root, const struct bent *bent)
{
    bool noticed = false;
    for (uint64_t seed = 1; seed <= YEARS && !noticed; seed++) {
        const struct world_options options = {.seed = seed, .root = root};
        year_run(world, &options, bent->bend);
        noticed = strstr(world->violation, bent->words) != NULL;
    }
    printf("%s: noticed: %s\n", bent->name, noticed ? "yes" : "NO");
    return noticed;
}

int self_test_year(void)
{
    char root[PATH_SIZE];
    struct world *const world = world_new();
    bool good = true;
    root_make(root);
    for (size_t i = 0; i < sizeof bents / sizeof bents[0]; i++)
        good = test_bent(world, root, &bents[i]) && good;
    root_remove(root);
    free(world);
    puts(good ? "simulate self-test: ok" : "simulate self-test: failed");
    return good ? 0 : 1;
}

/* ---- all ---- */

int self_test(void)
{
    char root[PATH_SIZE];
    struct world *const world = world_new();
    bool good = test_signatures(false);
    good = test_signatures(true) && good;
    root_make(root);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        good = test_host(world, root, &kinds[i]) && good;
    root_remove(root);
    free(world);
    puts(good ? "simulate self-test: ok" : "simulate self-test: failed");
    return good ? 0 : 1;
}
