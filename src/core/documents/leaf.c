/* A leaf of a ledger; see leaf.h. */
#include "core/documents/leaf.h"

#include <stddef.h>

/* Documents that can be a leaf. */
static const struct {
    enum document_type type;
    enum leaf_kind kind;
} KINDS[] = {
    {DOCUMENT_LEASE, LEAF_LEASE},
    {DOCUMENT_RELEASED, LEAF_RELEASED},
    {DOCUMENT_RECLAIMED, LEAF_RECLAIMED},
    {DOCUMENT_EPOCH, LEAF_EPOCH},
};

static RESULT kind_of(struct slice text, enum leaf_kind *ret_kind)
{
    const enum document_type type = document_type_of(text);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (KINDS[i].type == type) {
            *ret_kind = KINDS[i].kind;
            return RESULT_OK;
        }
    }
    return FAIL_AT(DOCUMENT_TYPE, 1);
}

RESULT leaf_read(struct slice text, struct leaf *ret_leaf)
{
    enum leaf_kind kind = LEAF_LEASE;
    TRY(kind_of(text, &kind));
    switch (kind) {
    case LEAF_LEASE:
        TRY(lease_read(text, &ret_leaf->lease, &ret_leaf->note));
        break;
    case LEAF_RELEASED:
        TRY(released_read(text, &ret_leaf->released, &ret_leaf->note));
        break;
    case LEAF_RECLAIMED:
        TRY(reclaimed_read(text, &ret_leaf->reclaimed));
        ret_leaf->note = slice_make(NULL, 0);
        break;
    case LEAF_EPOCH:
        TRY(epoch_read(text, &ret_leaf->epoch));
        ret_leaf->note = slice_make(NULL, 0);
        break;
    }
    ret_leaf->kind = kind;
    return RESULT_OK;
}

const char *leaf_kind_name(enum leaf_kind kind)
{
    switch (kind) {
    case LEAF_LEASE:
        return document_type_name(DOCUMENT_LEASE);
    case LEAF_RELEASED:
        return document_type_name(DOCUMENT_RELEASED);
    case LEAF_RECLAIMED:
        return document_type_name(DOCUMENT_RECLAIMED);
    case LEAF_EPOCH:
        break;
    }
    return document_type_name(DOCUMENT_EPOCH);
}

seconds leaf_time(const struct leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return leaf->lease.issued;
    case LEAF_RELEASED:
        return leaf->released.released;
    case LEAF_RECLAIMED:
        return leaf->reclaimed.reclaimed;
    case LEAF_EPOCH:
        break;
    }
    return leaf->epoch.began;
}

const char *leaf_license(const struct leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return leaf->lease.license;
    case LEAF_RELEASED:
        return leaf->released.release.license;
    case LEAF_RECLAIMED:
        return leaf->reclaimed.license;
    case LEAF_EPOCH:
        break;
    }
    return NULL;
}

const struct verifier_key *leaf_machine_key(const struct leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return &leaf->lease.request.machine_key;
    case LEAF_RELEASED:
        return &leaf->released.release.machine_key;
    case LEAF_RECLAIMED:
    case LEAF_EPOCH:
        break;
    }
    return NULL;
}

uint64_t leaf_number(const struct leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return leaf->lease.request.number;
    case LEAF_RELEASED:
        return leaf->released.release.number;
    case LEAF_RECLAIMED:
    case LEAF_EPOCH:
        break;
    }
    return 0;
}

bool leaf_frees_seat(const struct leaf *leaf)
{
    return leaf->kind == LEAF_RELEASED || leaf->kind == LEAF_RECLAIMED;
}

const struct machine_id *leaf_machine(const struct leaf *leaf)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return &leaf->lease.request.machine;
    case LEAF_RELEASED:
        return &leaf->released.release.machine;
    case LEAF_RECLAIMED:
        return &leaf->reclaimed.machine;
    case LEAF_EPOCH:
        break;
    }
    return NULL;
}

RESULT leaf_open_own(struct slice text, const struct verifier_key *machine_key, struct leaf *ret_leaf)
{
    struct leaf leaf;
    TRY(leaf_read(text, &leaf));
    const struct verifier_key *key = leaf_machine_key(&leaf);
    ENSURE(key != NULL && verifier_key_equal(key, machine_key), LEASE_OTHER_MACHINE);
    ENSURE(is_ok(machine_note_verify(leaf.note, machine_key)), LEASE_OTHER_REQUEST);
    *ret_leaf = leaf;
    return RESULT_OK;
}
