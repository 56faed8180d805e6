/** So many orders that losing them shows, so few that a copy is made in no time. */
const orders = 300
const itemsPerOrder = 2

const price = (order, item) => `800 + (${order} * 13 + ${item} * 7) % 40 * 50`

/**
 * Makes the tables orders and order_items with their rows, unless they are whole: what was added to them stays, what was
 * dropped or deleted comes back. It updates no row, not even an owner's: what an update leaves behind is cleaned up, and logged, by
 * whoever reads next, and a replica that has caught up would be behind again.
 */
export const ordersSql = `
do $$
begin
  if to_regclass('public.orders') is not null and exists (
    select from pg_constraint
    where conname = 'order_items_order_id_fkey' and conrelid = to_regclass('public.order_items')
  ) then
    if (select count(*) from public.orders where id <= ${orders}) = ${orders}
      and (select count(*) from public.order_items where id <= ${orders * itemsPerOrder}) = ${orders * itemsPerOrder}
    then return;
    end if;
  end if;
  drop table if exists public.orders, public.order_items cascade;
  set local role shodo;
  create table public.orders (
    id bigserial primary key,
    customer text not null,
    total int not null,
    created_at timestamptz not null default now()
  );
  create table public.order_items (
    id bigserial primary key,
    order_id bigint not null references public.orders,
    work int not null,
    price int not null
  );
  insert into public.orders (customer, total, created_at)
    select 'customer ' || i % 40, sum(${price('i', 'n')}), now() - (${orders} - i) * interval '10 min'
    from generate_series(1, ${orders}) i, generate_series(1, ${itemsPerOrder}) n group by i order by i;
  insert into public.order_items (order_id, work, price)
    select o.id, o.id * 3 + n, ${price('o.id', 'n')}
    from public.orders o, generate_series(1, ${itemsPerOrder}) n order by o.id, n;
  reset role;
end $$`
