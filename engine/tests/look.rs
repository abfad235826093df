//! look
#![allow(clippy::all, clippy::pedantic, clippy::print_stdout, clippy::print_stderr)]
use engine::{market::GeneratedMarket, tick::*}; use time::{macros::*, Duration}; use rust_decimal::prelude::*;
#[test] fn look() {
  let m=GeneratedMarket::new(1, date!(2026-11-22));
  for s in ["AAPL","GOOGL","SPY","F","EUR.USD","LLY","ESZ6"] {
   let id=m.listings().iter().find(|l| l.local_symbol==s).unwrap().con_id;
   for from in [datetime!(2026-11-20 14:00 UTC), datetime!(2026-11-20 17:00 UTC), datetime!(2026-11-20 7:00 UTC)] {
    let t = m.ticks(id, from, from+Duration::HOUR);
    let v: Vec<(time::OffsetDateTime,f64)> = t.iter().filter_map(|k| match k.kind { TickKind::Bid{price,..} => Some((k.at,price.to_f64().unwrap())), _=>None}).collect();
    let mut d: Vec<f64> = v.windows(2).map(|w| (w[1].1/w[0].1-1.0).abs()*1e4).collect();
    let rms=(d.iter().map(|x| x*x).sum::<f64>()/d.len() as f64).sqrt();
    let w=v.windows(2).max_by(|a,b| (a[1].1/a[0].1-1.0).abs().total_cmp(&(b[1].1/b[0].1-1.0).abs())).unwrap();
    d.sort_by(f64::total_cmp); let n=d.len();
    println!("{s} {from} n {n} rms {rms:.2}bp p50 {:.2} p90 {:.2} p99 {:.2} p99.9 {:.2} max {:.2} at {}", d[n/2], d[n*9/10], d[n*99/100], d[n*999/1000], d[n-1], w[1].0);
    if s=="GOOGL" { let i=v.iter().position(|x| x.0==w[1].0).unwrap(); for x in &v[i.saturating_sub(12)..(i+12).min(v.len())] { println!("   {} {}", x.0, x.1); } }
   } }
}
