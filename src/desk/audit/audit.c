/* The audit of an export; see audit.h. */
#include "desk/audit/audit.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/rules/clock.h"
#include "reclaims.h"
#include "rules.h"
#include "seats.h"
#include "testimony.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Also by which of them. */
static RESULT open_checkpoint(const struct roll *roll, struct slice note, struct checkpoint *ret_checkpoint,
                              const struct verifier_key **ret_key)
{
    struct result opened = FAIL(AUDIT_LICENSE_UNKNOWN);
    struct checkpoint checkpoint;
    const struct verifier_key *key = NULL;
    for (size_t i = 0; i < roll->key_count; i++) {
        key = &roll->keys[i];
        opened = checkpoint_open(note, key, &checkpoint);
        if (result_code(opened) != ERR_CHECKPOINT_SIGNER)
            break;
    }
    TRY(opened);
    ENSURE(strcmp(checkpoint.origin, roll->origin) == 0, CHECKPOINT_ORIGIN);
    *ret_checkpoint = checkpoint;
    *ret_key = key;
    return RESULT_OK;
}

RESULT roll_open_checkpoint(const struct roll *roll, struct slice note, struct checkpoint *ret_checkpoint)
{
    const struct verifier_key *key = NULL;
    return open_checkpoint(roll, note, ret_checkpoint, &key);
}

/* The beginning */

static const char *host_of(const struct roll *roll)
{
    return roll->keys[0].name;
}

bool audit_continues(const struct book *book, const struct roll *roll, uint64_t from)
{
    const struct book_ledger *ledger = book_ledger(book, host_of(roll), roll->epoch);
    return ledger != NULL && ledger->is_signed ? from <= ledger->size : from == 0;
}

bool audit_is_to_be_kept(const struct audit *audit)
{
    return audit->continues && !audit->nothing_new;
}

/* Somebody must vouch for the tree before the export; the desk has audited up to `audited`. */
static RESULT check_reach(const struct audit *audit, uint64_t audited, const struct checkpoint *previous,
                          struct reason *reason)
{
    const uint64_t given = previous != NULL ? previous->size : 0;
    const uint64_t known = previous != NULL ? given : audited;
    if (!audit->continues && (previous == NULL || known < audit->from))
        return reason_say(reason, FAIL(AUDIT_GAP),
                          _("the export begins at %" PRIu64 "; what was signed and audited before ends at %" PRIu64),
                          audit->from, known);
    if (given > audit->to && (audited < audit->from || given > audited))
        return reason_say(reason, FAIL(AUDIT_SHORT),
                          _("it ends with %" PRIu64 " leaves, the checkpoint given is of %" PRIu64), audit->to, given);
    return RESULT_OK;
}

static void set_partial(struct audit *audit)
{
    audit->partial = true;
    book_set_partial(audit->book);
}

/* Says what the book knows of the leaves before the export, and of those in it. */
static RESULT join_past(struct audit *audit, const struct book_ledger *ledger, struct reason *reason)
{
    const struct book_ledger *before = book_ledger_before(audit->book, audit->host, audit->roll->epoch);
    audit->began_after = before != NULL ? before->moment : 0;
    audit->moment = ledger->is_signed || ledger->size > ledger->base ? ledger->moment : audit->began_after;
    if (audit->moment > 0)
        audit->first_month = time_month(audit->moment);
    if (!audit->continues || (!ledger->is_signed && audit->roll->epoch > 1 && before == NULL))
        set_partial(audit);
    if (!ledger->is_signed || !audit->continues)
        return RESULT_OK;
    audit->nothing_new = audit->to <= ledger->size;
    const uint64_t until = audit->nothing_new ? audit->to : ledger->size;
    audit->audited_before = until - audit->from;
    audit->audited_on = audit->now;
    if (audit->nothing_new || until > audit->from)
        return book_audited(audit->book, until, &audit->audited_on, reason);
    audit->audited_on = 0;
    return RESULT_OK;
}

RESULT audit_begin(struct audit *audit, const struct export_header *header, struct roll *roll, struct book *book,
                   const struct checkpoint *previous, seconds now, struct reason *reason)
{
    memset(audit, 0, sizeof *audit);
    audit->roll = roll;
    audit->book = book;
    audit->host = host_of(roll);
    audit->now = now;
    audit->from = header->from;
    audit->to = header->to;
    audit->continues = audit_continues(book, roll, header->from);
    const struct book_ledger *known = book_ledger(book, audit->host, roll->epoch);
    TRY(check_reach(audit, known != NULL && known->is_signed ? known->size : 0, previous, reason));
    TRY(book_open_ledger(book, audit->host, roll->epoch, header->from, &audit->ledger));
    const struct book_ledger ledger = *book_ledger(book, audit->host, roll->epoch);
    audit->partial = book_is_partial(book);
    audit->behind =
        book_ledger_before(book, audit->host, UINT64_MAX) != book_ledger_before(book, audit->host, roll->epoch + 1);
    TRY(join_past(audit, &ledger, reason));
    for (size_t i = 0; i < roll->count; i++) {
        struct roll_license *listed = &roll->licenses[i];
        TRY(book_add_license(book, listed->license.id, listed->license.product, &listed->number, reason));
    }
    TRY(seats_begin(roll, book, reason));
    return audit_tree_begin(&audit->tree, header, previous, &ledger, book, reason);
}

/* The leaves */

/* What a leaf names; either may be missing. */
struct subject {
    uint64_t index;
    const char *license;
    const struct machine_id *machine;
};

seconds audit_due(const struct roll *roll, seconds time, bool frees_seat)
{
    return frees_seat && roll_is_joined(roll) ? time - HOSTS_APART : time;
}

static void keep_finding(struct audit *audit, const struct subject *subject, const struct breach *breach)
{
    if (audit->finding_count++ >= FINDINGS_KEPT)
        return;
    struct finding *finding = &audit->findings[audit->finding_count - 1];
    finding->index = subject->index;
    finding->code = breach->code;
    (void)snprintf(finding->words, sizeof finding->words, "%s", breach->words);
    if (subject->license != NULL)
        (void)snprintf(finding->license, sizeof finding->license, "%s", subject->license);
    if (subject->machine != NULL)
        machine_id_write(subject->machine, finding->machine);
}

static void keep_findings(struct audit *audit, const struct subject *subject, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        keep_finding(audit, subject, &verdict->breaches[i]);
}

/* The time of the ledger goes on with a leaf, unless it would run backwards. */
static RESULT take_time(struct audit *audit, seconds time, struct verdict *verdict, struct reason *reason)
{
    const seconds due = audit_due(audit->roll, time, audit->at_release);
    const size_t before = verdict->count;
    rule_times(time, audit->moment, verdict);
    if (verdict->count > before)
        return RESULT_OK;
    if (audit->moment == 0)
        audit->first_month = time_month(time);
    audit->moment = time;
    book_set_time(audit->book, time);
    if (due < book_moment(audit->book) - HOSTS_APART)
        set_partial(audit); /* what was counted up to then lacks it */
    return seats_advance(audit->roll, audit->book, due, reason);
}

/* The ledger before was written while its host's clock was ahead. */
static RESULT set_back(struct audit *audit, seconds time, struct reason *reason)
{
    audit->set_back_from = audit->moment;
    audit->moment = time;
    book_set_time(audit->book, time);
    if (audit->first_month > time_month(time))
        audit->first_month = time_month(time);
    return book_set_back(audit->book, time, reason);
}

static const struct roll_license *known_license(const struct audit *audit, const char *id, struct verdict *verdict)
{
    const struct roll_license *known = roll_find(audit->roll, id);
    if (known == NULL)
        verdict_add(verdict, ERR_AUDIT_LICENSE_UNKNOWN, _("license %s"), id);
    return known;
}

/* What a machine signed, and the leaf carries. */
struct carried {
    struct slice note;
    const struct verifier_key *machine_key;
    const struct verifier_key *host_key; /* that it asked */
    const struct seen *seen;
};

/* A host that made its key anew has two ledgers of one name. So the first leaf says which of them this is: all others
 * must have been meant for the same key, and the checkpoint at the end must be signed by it. */
static void rule_one_key(struct audit *audit, uint64_t index, const struct verifier_key *host_key,
                         struct verdict *verdict)
{
    if (!audit->has_asked) {
        audit->has_asked = true;
        audit->asked_at = index;
        audit->asked = *host_key;
    } else if (!verifier_key_equal(&audit->asked, host_key)) {
        verdict_add(verdict, ERR_AUDIT_REQUEST, _("it was meant for another host key than leaf %" PRIu64),
                    audit->asked_at);
    }
}

/* *ret_genuine: it is what a machine signed for this host. Only then it says anything of the machine or of what it has
 * seen. */
static RESULT judge_carried(struct audit *audit, uint64_t index, const struct carried *carried,
                            const struct roll_license *known, struct verdict *verdict, bool *ret_genuine,
                            struct reason *reason)
{
    const size_t breaches = verdict->count;
    const struct result verified = machine_note_verify(carried->note, carried->machine_key);
    if (result_code(verified) == ERR_NO_MEMORY)
        return verified;
    rule_signature(verified, verdict);
    rule_host(carried->host_key, audit->roll->keys, audit->roll->key_count, known != NULL ? &known->license : NULL,
              verdict);
    if (verdict->count == breaches)
        rule_one_key(audit, index, carried->host_key, verdict);
    *ret_genuine = verdict->count == breaches;
    const struct testimony testimony = {audit->book, audit->roll->epoch, index, carried->seen, carried->host_key};
    return *ret_genuine ? testimony_judge(&testimony, verdict, reason) : RESULT_OK;
}

/* Where the machine had no seat. Of those that its host gave in an epoch before the ones that were audited already
 * nothing is said. */
static RESULT judge_seats(const struct audit *audit, const struct roll_license *known, const struct roll_license *seat,
                          const struct machine_id *machine, uint64_t held_before, struct verdict *verdict,
                          struct reason *reason)
{
    if (book_held(audit->book, seat->number) <= held_before)
        return RESULT_OK;
    if (audit->behind)
        return book_doubt_one(audit->book, seat->number, machine, reason);
    return seats_judge(audit->book, known, seat, held_before, verdict, reason);
}

/* Whether a lease is its machine's first one, as its host must know: where another host of the license may have ended
 * the one before, or its end or that of its seat is lost, it need not. */
static bool is_first(const struct audit *audit, const struct holding *before)
{
    const bool all_known = !book_is_partial(audit->book) && !roll_is_joined(audit->roll) && !audit->behind &&
                           !before->lost && !before->freed_lost;
    return all_known && !(before->known && before->ends > book_moment(audit->book));
}

static RESULT audit_lease(struct audit *audit, uint64_t index, const struct leaf *leaf, struct verdict *verdict,
                          struct reason *reason)
{
    const struct lease *lease = &leaf->lease;
    const struct request *request = &lease->request;
    const struct carried carried = {leaf->note, &request->machine_key, &request->host_key, &request->seen};
    struct acquaintance before;
    bool genuine = false;
    TRY(take_time(audit, lease->issued, verdict, reason));
    const struct roll_license *known = known_license(audit, lease->license, verdict);
    TRY(judge_carried(audit, index, &carried, known, verdict, &genuine, reason));
    if (known == NULL)
        return RESULT_OK;
    rule_license(&known->license, lease, verdict);
    const struct roll_license *seat = seats_of(audit->roll, audit->book, known);
    TRY(book_find(audit->book, seat->number, &request->machine, &before, reason));
    /* Numbers are the product's: of another one this says nothing. */
    const bool counts = genuine && strcmp(request->product, known->license.product) == 0;
    if (counts)
        rule_number(request->number, before.number, before.elsewhere, verdict);
    if (!audit->behind) /* by then the host did not know what came later */
        rule_machine(&request->hardware, &before.hardware, verdict);
    /* A machine whose seat was taken back has its lease still, and gets one that ends with it. */
    if (is_first(audit, &before.holding) && lease->expires > before.holding.expires)
        rule_first_lease(&known->license, lease, verdict);
    const uint64_t held = book_held(audit->book, seat->number);
    TRY(book_lease(audit->book, seat->number, lease, counts ? request->number : 0, &before.holding, reason));
    TRY(judge_seats(audit, known, seat, &request->machine, held, verdict, reason));
    return counts ? seats_leave_others(audit->roll, audit->book, seat, lease, audit->behind, reason) : RESULT_OK;
}

/* Another host of the license may not have answered yet, by its clock, what this one was asked to end; a later epoch
 * that was audited before may have gone on with it; and what a machine has signed to end it may end in any order.
 * Nothing is gained by ending too much. */
static bool may_miss(const struct audit *audit, const struct holding *holding)
{
    const bool none_known = !holding->known || holding->ends <= audit->moment;
    return audit->behind || roll_is_joined(audit->roll) || (book_is_partial(audit->book) && none_known);
}

/* A release that proves nothing frees no seat; in part, nothing is said of one for which the book knows no lease that
 * runs: the machine may have had another. */
static RESULT take_back(struct audit *audit, const struct released *released, const struct roll_license *known,
                        bool genuine, struct verdict *verdict, struct reason *reason)
{
    const struct release *release = &released->release;
    const struct roll_license *seat = seats_of(audit->roll, audit->book, known);
    struct acquaintance before;
    TRY(book_find(audit->book, seat->number, &release->machine, &before, reason));
    if (genuine) {
        rule_number(release->number, before.number, before.elsewhere, verdict);
        TRY(book_number(audit->book, seat->number, &release->machine, release->number, &before.holding, reason));
    }
    const struct holding *holding = &before.holding;
    /* It may be one whose leaf is lost, asked once more, or of a seat of which it is lost that it was taken back. */
    const bool is_again = (holding->lost || holding->freed_lost) && holding->ends <= audit->moment;
    struct verdict ends = {0};
    rule_release(released, holding, roll_is_joined(audit->roll) ? book_moment(audit->book) : audit->moment, &ends);
    if (!is_again && !may_miss(audit, holding))
        verdict_join(verdict, &ends);
    if (!genuine || is_again || ends.count > 0)
        return RESULT_OK;
    return seats_release(audit->book, released, known, seat, holding, reason);
}

static RESULT audit_released(struct audit *audit, uint64_t index, const struct leaf *leaf, struct verdict *verdict,
                             struct reason *reason)
{
    const struct released *released = &leaf->released;
    const struct release *release = &released->release;
    const struct carried carried = {leaf->note, &release->machine_key, &release->host_key, &release->seen};
    bool genuine = false;
    TRY(take_time(audit, released->released, verdict, reason));
    const struct roll_license *known = known_license(audit, release->license, verdict);
    TRY(judge_carried(audit, index, &carried, known, verdict, &genuine, reason));
    return known != NULL ? take_back(audit, released, known, genuine, verdict, reason) : RESULT_OK;
}

/* No clock proves another one wrong, and nothing is gained by a date that has not come: seats are counted by the time
 * of the ledger, until the leases end. */
static void note_ahead(struct audit *audit, uint64_t index, seconds time)
{
    struct dated_ahead *ahead = &audit->ahead;
    if (!clock_is_behind(audit->now, time))
        return;
    if (ahead->count++ == 0)
        *ahead = (struct dated_ahead){1, index, index, time, time};
    ahead->last = index;
    ahead->from = time < ahead->from ? time : ahead->from;
    ahead->until = time > ahead->until ? time : ahead->until;
}

static RESULT audit_reclaimed(struct audit *audit, const struct reclaimed *reclaimed, struct verdict *verdict,
                              struct reason *reason)
{
    TRY(take_time(audit, reclaimed->reclaimed, verdict, reason));
    const struct roll_license *known = known_license(audit, reclaimed->license, verdict);
    if (known == NULL || audit->behind)
        return RESULT_OK;
    return reclaim_judge(audit->roll, audit->book, reclaimed, known, verdict, reason);
}

/* The tree that the first leaf says was signed before must be one that the desk has audited, where it has audited as
 * much. That the desk has audited more of it accuses nobody: an old copy was set up again, and what lies between is
 * lost. */
static RESULT hold_told_end(struct audit *audit, const struct book_ledger *ledger, const struct epoch *epoch,
                            struct reason *reason)
{
    struct hash root;
    bool known = false;
    TRY(book_find_root(audit->book, ledger->epoch, epoch->size, &known, &root, reason));
    if (!known || hash_equal(&root, &epoch->root))
        return RESULT_OK;
    struct anchor audited = {.size = ledger->size};
    TRY(book_find_root(audit->book, ledger->epoch, ledger->size, &known, &audited.root, reason));
    audit_tree_told(&audit->tree, epoch->size, &epoch->root, &root, &audited);
    return RESULT_OK;
}

/* Whether leaves of the epoch before are gone: also the one that says why it began, before anything of it was signed.
 */
static bool has_lost(const struct audit *audit, uint64_t before, const struct epoch *epoch)
{
    const struct book_ledger *const ledger = book_ledger(audit->book, audit->host, before);
    return epoch->found < epoch->size || (epoch->found == 0 && before > 1) ||
           (ledger != NULL && book_ledger_lost(ledger) > 0);
}

/* Whether an epoch may begin earlier than the desk has audited of the ones before. Where leaves are gone, those that
 * were written while the clock was ahead may be among them, or the one that told of it; its host knows no more of that.
 */
static bool may_go_back(const struct audit *audit, uint64_t before, const struct epoch *epoch)
{
    return epoch->why != EPOCH_LOST || has_lost(audit, before, epoch);
}

static RESULT audit_epoch(struct audit *audit, uint64_t index, const struct epoch *epoch, struct verdict *verdict,
                          struct reason *reason)
{
    uint64_t before = 0;
    if (index != 0 || strcmp(epoch->origin, audit->roll->origin) != 0 ||
        !is_ok(origin_epoch(epoch->previous, audit->host, &before)) || before >= audit->roll->epoch) {
        verdict_add(verdict, ERR_AUDIT_LEAF, _("it is not here that %.100s begins"), epoch->origin);
        return RESULT_OK;
    }
    audit->epoch = *epoch;
    audit->has_epoch = true;
    const struct book_ledger *const ledger = book_ledger(audit->book, audit->host, before);
    const bool shown = ledger != NULL && ledger->size >= epoch->size;
    const bool whole = shown && ledger->base == 0;
    if (ledger != NULL)
        TRY(hold_told_end(audit, ledger, epoch, reason));
    if (audit->tree.difference.kind != DIFFERENCE_NONE)
        return RESULT_OK;
    TRY(book_end_ledger(audit->book, before, epoch->size, epoch->found, &epoch->root));
    const struct shown_testimony testimony = {audit->book, audit->roll, epoch};
    TRY(testimony_shown(&testimony, verdict, reason));
    /* Otherwise the book knows nothing of the one that it follows, or not the end. */
    if (!whole)
        set_partial(audit);
    if (epoch->began < audit->moment && may_go_back(audit, before, epoch))
        TRY(set_back(audit, epoch->began, reason));
    TRY(take_time(audit, epoch->began, verdict, reason));
    return shown ? book_doubt_lost(audit->book, reason) : book_doubt_all(audit->book, reason);
}

static void unreadable(struct audit *audit, uint64_t index, struct result why)
{
    const struct subject subject = {.index = index};
    struct verdict verdict = {0};
    verdict_add(&verdict, ERR_AUDIT_LEAF, _("%s in line %u"), error_info(result_code(why))->name, result_place(why));
    keep_findings(audit, &subject, &verdict);
}

static RESULT audit_content(struct audit *audit, uint64_t index, const struct leaf *leaf, struct verdict *verdict,
                            struct reason *reason)
{
    struct subject subject = {.index = index};
    switch (leaf->kind) {
    case LEAF_LEASE:
        TRY(audit_lease(audit, index, leaf, verdict, reason));
        subject = (struct subject){index, leaf->lease.license, &leaf->lease.request.machine};
        break;
    case LEAF_RELEASED:
        TRY(audit_released(audit, index, leaf, verdict, reason));
        subject = (struct subject){index, leaf->released.release.license, &leaf->released.release.machine};
        break;
    case LEAF_RECLAIMED:
        TRY(audit_reclaimed(audit, &leaf->reclaimed, verdict, reason));
        subject = (struct subject){index, leaf->reclaimed.license, &leaf->reclaimed.machine};
        break;
    case LEAF_EPOCH:
        TRY(audit_epoch(audit, index, &leaf->epoch, verdict, reason));
        break;
    }
    keep_findings(audit, &subject, verdict);
    return RESULT_OK;
}

/* The true-up begins with the first leaf, or where the epoch before ended, unless its clock was ahead. */
static seconds beginning(const struct audit *audit, uint64_t index, seconds time)
{
    const seconds before = audit->began_after;
    return index == 0 && before > 0 && before < time ? before : time;
}

/* A leaf that was audited before. Its time says from which month on the true-up is asked for, and where an export of
 * nothing else ends. */
static void pass_over(struct audit *audit, uint64_t index, const struct leaf *leaf)
{
    const seconds time = leaf_time(leaf);
    if (index == audit->from)
        audit->first_month = time_month(beginning(audit, index, time));
    if (audit->nothing_new)
        audit->moment = time;
    if (leaf->kind == LEAF_EPOCH && index == 0) {
        audit->epoch = leaf->epoch;
        audit->has_epoch = true;
    }
}

static RESULT judge(struct audit *audit, uint64_t index, const struct leaf *leaf, struct reason *reason)
{
    struct verdict verdict = {0};
    if (leaf->kind != LEAF_EPOCH && index == 0 && audit->roll->epoch > 1)
        verdict_add(&verdict, ERR_AUDIT_LEAF, _("the first leaf does not say why the ledger was begun again"));
    return audit_content(audit, index, leaf, &verdict, reason);
}

static void note_offline(struct audit *audit, uint64_t index, const struct lease *lease)
{
    if (!lease->offline || audit->offline_count++ >= OFFLINE_KEPT)
        return;
    struct offline_lease *const noted = &audit->offline[audit->offline_count - 1];
    noted->index = index;
    memcpy(noted->license, lease->license, sizeof noted->license);
    noted->machine = lease->request.machine;
    noted->asked = lease->request.time;
    noted->issued = lease->issued;
}

RESULT audit_leaf(struct audit *audit, uint64_t index, struct slice text, struct reason *reason)
{
    struct leaf leaf;
    const bool known = index - audit->from < audit->audited_before;
    book_turn_to(audit->book, audit->ledger);
    TRY(audit_tree_add(&audit->tree, text, reason));
    if (audit->tree.difference.kind != DIFFERENCE_NONE)
        return RESULT_OK; /* of another tree than the book's */
    const struct result read = leaf_read(text, &leaf);
    if (result_code(read) == ERR_NO_MEMORY)
        return read; /* which is not the host's fault */
    if (is_ok(read)) {
        audit->leases += leaf.kind == LEAF_LEASE;
        if (leaf.kind == LEAF_LEASE)
            note_offline(audit, index, &leaf.lease);
        audit->releases += leaf.kind == LEAF_RELEASED;
        audit->reclaims += leaf.kind == LEAF_RECLAIMED;
        audit->at_release = leaf_frees_seat(&leaf);
        note_ahead(audit, index, leaf_time(&leaf));
        if (!known)
            return judge(audit, index, &leaf, reason);
        pass_over(audit, index, &leaf);
    } else if (!known) {
        unreadable(audit, index, read);
    }
    return RESULT_OK;
}

/* The end */

static void check_asked(struct audit *audit, const struct verifier_key *signer)
{
    const struct subject subject = {.index = audit->asked_at};
    struct verdict verdict = {0};
    if (!audit->has_asked || verifier_key_equal(&audit->asked, signer))
        return;
    verdict_add(&verdict, ERR_AUDIT_REQUEST,
                _("it was meant for another host key than the one that signs this ledger"));
    keep_findings(audit, &subject, &verdict);
}

RESULT audit_sign(const struct audit *audit)
{
    size_t ledger = 0;
    TRY(book_open_ledger(audit->book, audit->host, audit->roll->epoch, audit->from, &ledger));
    book_sign(audit->book, audit->checkpoint.size, &audit->checkpoint.root);
    return RESULT_OK;
}

RESULT audit_end(struct audit *audit, struct slice note, struct reason *reason)
{
    struct checkpoint checkpoint;
    const struct verifier_key *signer = NULL;
    TRY(open_checkpoint(audit->roll, note, &checkpoint, &signer));
    if (checkpoint.size != audit->to)
        return reason_say(reason, FAIL(AUDIT_ROOT),
                          _("the checkpoint is of %" PRIu64 " leaves, the export of %" PRIu64), checkpoint.size,
                          audit->to);
    const struct hash root = frontier_root(&audit->tree.frontier);
    ENSURE(hash_equal(&root, &checkpoint.root), AUDIT_ROOT);
    audit->checkpoint = checkpoint;
    check_asked(audit, signer);
    TRY(audit_tree_conclude(&audit->tree, reason));
    return audit_sign(audit);
}
