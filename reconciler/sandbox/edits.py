"""What people do to a shop in Webflow's own pages: products and SKUs added, renamed, restocked."""

import json

from reconciler.sandbox.database import Shop


def add_product(shop: Shop) -> None:
    """Put a product in at the front of the listing."""
    with shop.transaction():
        first, number = shop.db.execute("SELECT min(position), count(*) FROM products").fetchone()
        product_id, sku_id = f"{number:024x}", f"{number + 2**40:024x}"
        data = json.dumps({"id": product_id, "fieldData": {"name": f"New {number}"}})
        shop.db.execute("INSERT INTO products VALUES (?, ?, ?)", (first - 1, product_id, data))
        sku = json.dumps({"id": sku_id, "fieldData": {"name": f"New {number}"}})
        shop.db.execute(
            "INSERT INTO skus (id, code, product_id, data, inventory_type, quantity)"
            " VALUES (?, '', ?, ?, 'infinite', '0')",
            (sku_id, product_id, sku),
        )


def delete_product(shop: Shop, name: str | None = None) -> None:
    """Take the product of the SKU *name* out, or the first one, with its SKUs."""
    with shop.transaction():
        query = "SELECT product_id FROM skus ORDER BY position LIMIT 1"
        if name is not None:
            query = "SELECT product_id FROM skus WHERE id = :id"
        given = {"id": name and shop.find(name)}
        (product_id,) = shop.db.execute(query, given).fetchone()
        shop.db.execute("DELETE FROM products WHERE id = ?", (product_id,))
        shop.db.execute("DELETE FROM skus WHERE product_id = ?", (product_id,))


def copy_sku(shop: Shop, name: str) -> None:
    """Put in a second SKU with the code of *name*, as a copied product has."""
    with shop.transaction():
        sku_id = shop.find(name)
        copy_id = f"{int(sku_id, 16) ^ 1:024x}"
        shop.db.execute(
            "INSERT INTO skus (id, code, product_id, data, inventory_type, quantity)"
            " SELECT ?, code, product_id, json_set(data, '$.id', ?), inventory_type, quantity"
            " FROM skus WHERE id = ?",
            (copy_id, copy_id, sku_id),
        )


def rename_product(shop: Shop, product_id: str, name: str) -> None:
    """Give a product another name."""
    with shop.transaction():
        shop.db.execute(
            "UPDATE products SET data = json_set(data, '$.fieldData.name', ?) WHERE id = ?",
            (name, product_id),
        )


def change_code(shop: Shop, name: str, code: str) -> None:
    """Give the SKU with the code or id *name* another code."""
    with shop.transaction():
        shop.db.execute(
            "UPDATE skus SET code = ?, data = json_set(data, '$.fieldData.sku', ?) WHERE id = ?",
            (code, code, shop.find(name)),
        )


def restock(shop: Shop, name: str, quantity: int) -> None:
    """Set the quantity of the SKU with the code or id *name*, as its page does."""
    with shop.transaction():
        sku_id = shop.find(name)
        stock = ("finite", quantity)
        shop.db.execute(
            "UPDATE skus SET inventory_type = ?, quantity = ? WHERE id = ?",
            (stock[0], json.dumps(quantity), sku_id),
        )
        shop.enter("edit", sku_id, quantity, stock)
