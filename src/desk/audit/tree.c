/* The tree of an export against those known before; see tree.h. */
#include "desk/audit/tree.h"

#include "base/sentences.h"

#include <inttypes.h>

static void differ(struct audit_tree *tree, enum difference_kind kind, uint64_t size, const struct hash *root,
                   const struct hash *before)
{
    if (tree->difference.kind != DIFFERENCE_NONE)
        return;
    tree->difference = (struct difference){.kind = kind,
                                           .size = size,
                                           .root = *root,
                                           .before = *before,
                                           .other = kind == DIFFERENCE_GIVEN ? tree->given : tree->audited};
}

/* The root of the export's tree at its present size. */
static RESULT compare(struct audit_tree *tree, const struct hash *root, struct reason *reason)
{
    const uint64_t size = tree->frontier.size;
    struct hash before;
    if (size > 0 && size <= tree->known) {
        TRY(book_root(tree->book, size, &before, reason));
        if (!hash_equal(root, &before))
            differ(tree, DIFFERENCE_AUDITED, size, root, &before);
    }
    if (tree->has_audited && size == tree->audited.size && !hash_equal(root, &tree->audited.root))
        differ(tree, DIFFERENCE_AUDITED, size, root, &tree->audited.root);
    if (tree->has_given && size == tree->given.size && !hash_equal(root, &tree->given.root))
        differ(tree, DIFFERENCE_GIVEN, size, root, &tree->given.root);
    return RESULT_OK;
}

/* A checkpoint that the export does not reach, but the audit before did. */
static RESULT compare_given(struct audit_tree *tree, struct reason *reason)
{
    struct hash audited;
    if (!tree->has_given || tree->given.size == 0 || tree->given.size > tree->known)
        return RESULT_OK;
    TRY(book_root(tree->book, tree->given.size, &audited, reason));
    if (!hash_equal(&audited, &tree->given.root))
        differ(tree, DIFFERENCE_GIVEN, tree->given.size, &audited, &tree->given.root);
    return RESULT_OK;
}

/* Where all that was audited is in the book, its roots end with that which was signed. */
static RESULT check_end(struct audit_tree *tree, struct reason *reason)
{
    struct hash root;
    if (tree->known == 0 || tree->audited.size != tree->known)
        return RESULT_OK;
    TRY(book_root(tree->book, tree->audited.size, &root, reason));
    ENSURE(hash_equal(&root, &tree->audited.root), STORE_CORRUPT);
    return RESULT_OK;
}

RESULT audit_tree_begin(struct audit_tree *tree, const struct export_header *header, const struct checkpoint *previous,
                        const struct book_ledger *ledger, struct book *book, struct reason *reason)
{
    *tree = (struct audit_tree){.book = book, .frontier = header->frontier};
    if (ledger->is_signed) {
        tree->known = ledger->size;
        tree->has_audited = true;
        tree->audited = (struct anchor){ledger->signed_size, ledger->signed_root};
    }
    if (previous != NULL) {
        tree->has_given = true;
        tree->given = (struct anchor){previous->size, previous->root};
    }
    TRY(check_end(tree, reason));
    const struct hash root = frontier_root(&tree->frontier);
    TRY(compare(tree, &root, reason));
    return compare_given(tree, reason);
}

/* One leaf: the subtrees that it completes go together. */
static void grow(struct frontier *frontier, struct hash node)
{
    unsigned level = 0;
    for (; (frontier->size >> level & 1) != 0; level++)
        node = merkle_node(&frontier->levels[level], &node);
    frontier->levels[level] = node;
    frontier->size++;
}

RESULT audit_tree_add(struct audit_tree *tree, struct slice leaf, struct reason *reason)
{
    grow(&tree->frontier, merkle_leaf(leaf));
    if (tree->difference.kind != DIFFERENCE_NONE)
        return RESULT_OK;
    const struct hash root = frontier_root(&tree->frontier);
    TRY(compare(tree, &root, reason));
    if (tree->frontier.size > tree->known)
        TRY(book_add_root(tree->book, tree->frontier.size, &root, reason));
    return RESULT_OK;
}

void audit_tree_told(struct audit_tree *tree, uint64_t size, const struct hash *told, const struct hash *before,
                     const struct anchor *audited)
{
    if (tree->difference.kind == DIFFERENCE_NONE)
        tree->difference = (struct difference){DIFFERENCE_TOLD, size, *told, *before, *audited};
}

RESULT audit_tree_conclude(const struct audit_tree *tree, struct reason *reason)
{
    const struct difference *found = &tree->difference;
    char root[BASE64_LENGTH(HASH_SIZE) + 1];
    char before[BASE64_LENGTH(HASH_SIZE) + 1];
    if (found->kind == DIFFERENCE_NONE)
        return RESULT_OK;
    base64_write(found->root.bytes, HASH_SIZE, root);
    base64_write(found->before.bytes, HASH_SIZE, before);
    if (found->kind == DIFFERENCE_GIVEN)
        return reason_say(reason, FAIL(CONSISTENCY_WRONG),
                          _("with %" PRIu64 " leaves its root is %s; the checkpoint given says %s"), found->size, root,
                          before);
    if (found->kind == DIFFERENCE_TOLD)
        return reason_say(
            reason, FAIL(CONSISTENCY_WRONG),
            _("it tells of the epoch before that its root with %" PRIu64 " leaves was %s; the desk has audited %s"),
            found->size, root, before);
    return reason_say(reason, FAIL(CONSISTENCY_WRONG),
                      _("with %" PRIu64 " leaves its root is %s; the desk has audited %s"), found->size, root, before);
}
