/* Taking back what the record has lost; see adopt.h. */
#include "desk/adopt.h"

#include "base/sentences.h"
#include "revoked.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct adopting {
    struct desk *desk;
    struct slice note;
    struct slice text;
    struct revocations *revoked; /* what the record revokes, and the newest sequence; borrowed */
    struct adoption *adoption;
    struct reason *reason;
};

static RESULT check_signer(struct adopting *adopting)
{
    size_t count = 0;
    const struct verifier_key *signer = NULL;
    const struct verifier_key *const keys = desk_keys(adopting->desk, &count);
    TRY(note_open(adopting->note, keys, count, &adopting->text, &signer));
    ENSURE(!revocations_hold_signer(adopting->revoked, signer), LICENSE_REVOKED);
    adopting->adoption->signer = *signer;
    return RESULT_OK;
}

static RESULT look_up(struct adopting *adopting)
{
    struct adoption *const adoption = adopting->adoption;
    return desk_holds(adopting->desk, adoption->type, adoption->id, adopting->text, &adoption->known_already,
                      adopting->reason);
}

static RESULT put(struct adopting *adopting, seconds issued, enum desk_place place)
{
    const struct adoption *const adoption = adopting->adoption;
    if (adoption->known_already)
        return RESULT_OK;
    return desk_put(adopting->desk, adoption->type, adoption->id, issued, adopting->note, place, adopting->reason);
}

static RESULT adopt_license(struct adopting *adopting)
{
    struct adoption *const adoption = adopting->adoption;
    TRY(license_open(adopting->note, &adoption->signer, 1, &adoption->license));
    memcpy(adoption->id, adoption->license.id, sizeof adoption->id);
    const struct result looked = look_up(adopting);
    if (result_code(looked) == ERR_FILE_EXISTS)
        return reason_say(adopting->reason, looked, _("the record has another license of that id"));
    TRY(looked);
    return put(adopting, adoption->license.issued, DESK_FIRST);
}

/* One that was signed after the one in force takes its place. */
static RESULT place_product(struct adopting *adopting, const struct product *product)
{
    struct product *last = malloc(sizeof *last); /* too large for a stack */
    ENSURE(last != NULL, NO_MEMORY);
    const struct result found = desk_find_product(adopting->desk, product->product, last, adopting->reason);
    adopting->adoption->is_newest =
        result_code(found) == ERR_NOT_FOUND || (is_ok(found) && product->issued > last->issued);
    free(last);
    if (result_code(found) != ERR_NOT_FOUND)
        TRY(found);
    return put(adopting, product->issued, adopting->adoption->is_newest ? DESK_LAST : DESK_FIRST);
}

static RESULT adopt_product(struct adopting *adopting)
{
    struct product *product = malloc(sizeof *product); /* too large for a stack */
    ENSURE(product != NULL, NO_MEMORY);
    struct result outcome = product_open(adopting->note, &adopting->adoption->signer, 1, product);
    if (is_ok(outcome)) {
        memcpy(adopting->adoption->id, product->product, sizeof adopting->adoption->id);
        outcome = look_up(adopting);
    }
    if (is_ok(outcome) && !adopting->adoption->known_already)
        outcome = place_product(adopting, product);
    free(product);
    return outcome;
}

/* One that the record does not have: the newest, or an older one all of which newer ones hold. */
static RESULT place_revocations(struct adopting *adopting, const struct revocations *given)
{
    const struct revocations *const revoked = adopting->revoked;
    ENSURE(revoked->sequence == 0 || given->rank <= revoked->rank, REVOCATIONS_OLDER);
    adopting->adoption->is_newest = given->sequence > revoked->sequence;
    if (adopting->adoption->is_newest)
        return put(adopting, given->issued, DESK_FIRST);
    ENSURE(revoked_holds_all(revoked, given), REVOCATIONS_OLDER);
    adopting->adoption->known_already = true;
    return RESULT_OK;
}

static RESULT check_revocations(struct adopting *adopting, struct revocations *given)
{
    struct adoption *const adoption = adopting->adoption;
    size_t count = 0;
    const struct verifier_key *const keys = desk_keys(adopting->desk, &count);
    TRY(revocations_open(adopting->note, keys, count, given));
    (void)snprintf(adoption->id, sizeof adoption->id, "%" PRIu64, given->sequence);
    const struct result looked = look_up(adopting);
    if (result_code(looked) == ERR_FILE_EXISTS)
        return reason_say(adopting->reason, looked,
                          _("the record has other revocations of the number %s. Take back the licenses that these "
                            "revoke, and revoke them anew: the next list has the number %" PRIu64),
                          adoption->id, adopting->revoked->sequence + 1);
    TRY(looked);
    return adoption->known_already ? RESULT_OK : place_revocations(adopting, given);
}

static RESULT adopt_revocations(struct adopting *adopting)
{
    struct revocations *given = malloc(sizeof *given); /* too large for a stack */
    ENSURE(given != NULL, NO_MEMORY);
    const struct result outcome = check_revocations(adopting, given);
    free(given);
    return outcome;
}

RESULT desk_adopt(struct desk *desk, struct slice note, struct adoption *ret_adoption, struct reason *reason)
{
    CLEANUP_REVOCATIONS struct revocations *revoked = NULL;
    TRY(desk_find_revocations(desk, &revoked, NULL, reason));
    *ret_adoption = (struct adoption){.type = document_type_of(note)};
    struct adopting adopting = {desk, note, {0}, revoked, ret_adoption, reason};
    const enum document_type type = ret_adoption->type;
    ENSURE(type == DOCUMENT_LICENSE || type == DOCUMENT_REVOCATIONS || type == DOCUMENT_PRODUCT, DOCUMENT_TYPE);
    TRY(check_signer(&adopting));
    return type == DOCUMENT_LICENSE   ? adopt_license(&adopting)
           : type == DOCUMENT_PRODUCT ? adopt_product(&adopting)
                                      : adopt_revocations(&adopting);
}
