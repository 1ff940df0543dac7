/* The public function about revocations: arguments in, one call of revocations.c, code and message out. */
#include "revocations.h"

int aval_revocations_install(aval_machine *machine, const char *text, size_t text_size, size_t *ret_products)
{
    struct reason reason = {.text = ""};
    size_t products = 0;
    if (text == NULL && text_size > 0)
        return machine_finish(machine, FAIL(USAGE), &reason);
    const struct result taken = revocations_take(machine, slice_make(text, text_size), &products, &reason);
    if (is_ok(taken) && ret_products != NULL)
        *ret_products = products;
    return machine_finish(machine, taken, &reason);
}
