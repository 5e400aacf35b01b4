"""Edits that people make in Webflow's editor: add, rename, restock, archive, and delete."""

import json
import secrets

from reconciler.sandbox.database import Shop


def add_product(shop: Shop, code: str = "", quantity: int | None = None) -> None:
    """Add a product with one SKU at the front of the listing; infinite without *quantity*."""
    with shop.transaction():
        query = "SELECT ifnull(min(position), 1), count(*) FROM products"
        first, number = shop.db.execute(query).fetchone()
        product_id, sku_id = secrets.token_hex(12), secrets.token_hex(12)
        name = code or f"New {number}"
        product = {"id": product_id, "fieldData": {"name": name, "default-sku": sku_id}}
        sku = {"id": sku_id, "fieldData": {"name": name, **({"sku": code} if code else {})}}
        shop.db.execute(
            "INSERT INTO products VALUES (?, ?, ?)",
            (first - 1, product_id, json.dumps(product)),
        )
        kind = "infinite" if quantity is None else "finite"
        shop.db.execute(
            "INSERT INTO skus (id, code, product_id, data, inventory_type, quantity)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (sku_id, code, product_id, json.dumps(sku), kind, json.dumps(quantity or 0)),
        )


def delete_product(shop: Shop) -> None:
    """Delete the first product with its SKUs."""
    with shop.transaction():
        query = "SELECT product_id FROM skus ORDER BY position LIMIT 1"
        (product_id,) = shop.db.execute(query).fetchone()
        shop.db.execute("DELETE FROM products WHERE id = ?", (product_id,))
        shop.db.execute("DELETE FROM skus WHERE product_id = ?", (product_id,))


def delete_sku(shop: Shop, name: str) -> None:
    """Delete the SKU *name*, and its product if it has no other SKU."""
    with shop.transaction():
        shop.db.execute("DELETE FROM skus WHERE id = ?", (shop.find(name),))
        shop.db.execute("DELETE FROM products WHERE id NOT IN (SELECT product_id FROM skus)")


def archive_product(shop: Shop, name: str) -> None:
    """Archive the product of the SKU *name*, with all its SKUs."""
    with shop.transaction():
        shop.db.execute(
            "UPDATE products SET data = json_set(data, '$.isArchived', json('true'))"
            " WHERE id = (SELECT product_id FROM skus WHERE id = ?)",
            (shop.find(name),),
        )


def copy_sku(shop: Shop, name: str, code: str | None = None, quantity: int | None = None) -> None:
    """Add a copy of the SKU *name* to its product.

    *code* and *quantity* default to those of the original, as for a copied product in Webflow.
    """
    with shop.transaction():
        sku_id, copy_id = shop.find(name), secrets.token_hex(12)
        shop.db.execute(
            "INSERT INTO skus (id, code, product_id, data, inventory_type, quantity)"
            " SELECT ?, code, product_id, json_set(data, '$.id', ?), inventory_type, quantity"
            " FROM skus WHERE id = ?",
            (copy_id, copy_id, sku_id),
        )
        if code is not None:
            _set_code(shop, copy_id, code)
        if quantity is not None:
            _set_quantity(shop, copy_id, quantity)


def rename_product(shop: Shop, product_id: str, name: str) -> None:
    """Rename a product."""
    with shop.transaction():
        shop.db.execute(
            "UPDATE products SET data = json_set(data, '$.fieldData.name', ?) WHERE id = ?",
            (name, product_id),
        )


def change_code(shop: Shop, name: str, code: str) -> None:
    """Change the code of the SKU with the code or id *name*."""
    with shop.transaction():
        _set_code(shop, shop.find(name), code)


def restock(shop: Shop, name: str, quantity: int) -> None:
    """Set the quantity of the SKU with the code or id *name*, as Webflow's editor does."""
    with shop.transaction():
        sku_id = shop.find(name)
        _set_quantity(shop, sku_id, quantity)
        shop.enter("edit", sku_id, quantity, ("finite", quantity))


def _set_code(shop: Shop, sku_id: str, code: str) -> None:
    shop.db.execute(
        "UPDATE skus SET code = ?, data = json_set(data, '$.fieldData.sku', ?) WHERE id = ?",
        (code, code, sku_id),
    )


def _set_quantity(shop: Shop, sku_id: str, quantity: int) -> None:
    shop.db.execute(
        "UPDATE skus SET inventory_type = 'finite', quantity = ? WHERE id = ?",
        (json.dumps(quantity), sku_id),
    )
