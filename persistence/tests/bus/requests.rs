use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::bar::{BarQuery, BarSize, MAX_BARS, TimeRange};
use domain::desk::{Asked, DeskAnswer, DeskQuestion, DeskReply};
use domain::error::RefusalCode;
use domain::market_data::SourceError;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use super::{Nodes, next};
use crate::at_once;
use crate::samples::{NOW, bar, id_of, instrument};

const LONG: Duration = Duration::from_secs(20);

pub async fn contract(nodes: &Nodes) {
    without_a_desk(nodes).await;
    let mut questions = nodes.other.questions().await.unwrap();
    every_answer_comes_back(nodes, &mut questions).await;
    late_questions_are_left_out(nodes, &mut questions).await;
    many_at_once(nodes, questions).await;
}

fn search(text: &str) -> DeskQuestion {
    DeskQuestion::Search(text.into())
}

async fn without_a_desk(nodes: &Nodes) {
    let begun = Instant::now();
    let reply = nodes.one.ask(search("AAPL"), Duration::from_millis(80)).await;
    assert!(matches!(reply, Err(SourceError::Unavailable(_))), "{reply:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

async fn every_answer_comes_back(nodes: &Nodes, questions: &mut BoxStream<'static, Asked>) {
    let bars = |query| DeskQuestion::Bars { instrument: id_of(1), size: BarSize::Hour4, query };
    let range = TimeRange { from: NOW, to: time::macros::datetime!(9999-12-31 23:59 UTC) };
    let many: Vec<_> = (0..MAX_BARS).map(|number| bar(NOW, &number.to_string())).collect();
    let cases: Vec<(DeskQuestion, DeskReply)> = vec![
        (search(""), Ok(DeskAnswer::Instruments(vec![]))),
        (search("ünï \"'\u{0}"), Ok(DeskAnswer::Instruments(vec![instrument(1), instrument(2)]))),
        (bars(BarQuery::Range(range)), Ok(DeskAnswer::Bars(many))),
        (
            bars(BarQuery::Last { count: 500, to: NOW }),
            Err(SourceError::Rejected {
                code: RefusalCode::MarketDataNotSubscribed,
                message: "354: not subscribed".into(),
            }),
        ),
        (search("x"), Err(SourceError::Unavailable("the gateway is away".into()))),
    ];
    for (question, reply) in cases {
        let ask = nodes.one.ask(question.clone(), LONG);
        let answer = async {
            let asked = next(questions).await;
            assert_eq!(asked.question, question);
            (asked.answer)(reply.clone()).await;
        };
        let (received, ()) = futures::join!(ask, answer);
        assert_eq!(received, reply);
    }
}

async fn late_questions_are_left_out(nodes: &Nodes, questions: &mut BoxStream<'static, Asked>) {
    let late = nodes.one.ask(search("late"), Duration::from_millis(30)).await;
    assert!(matches!(late, Err(SourceError::Unavailable(_))), "{late:?}");
    let ask = nodes.one.ask(search("timely"), LONG);
    let answer = async {
        let asked = next(questions).await;
        assert_eq!(asked.question, search("timely"));
        (asked.answer)(Ok(DeskAnswer::Bars(vec![]))).await;
    };
    assert_eq!(futures::join!(ask, answer).0, Ok(DeskAnswer::Bars(vec![])));

    // An answer that comes too late goes nowhere, and harms nobody.
    let ask = nodes.one.ask(search("slow desk"), Duration::from_millis(200));
    let (reply, asked) = futures::join!(ask, next(questions));
    assert!(matches!(reply, Err(SourceError::Unavailable(_))), "{reply:?}");
    (asked.answer)(Ok(DeskAnswer::Bars(vec![]))).await;
}

/// Each question is answered once, by one of two desks, and each answer reaches its own asker.
async fn many_at_once(nodes: &Nodes, first: BoxStream<'static, Asked>) {
    let second = nodes.one.questions().await.unwrap();
    let desks: Vec<_> = [first, second]
        .into_iter()
        .map(|mut questions| {
            tokio::spawn(async move {
                let mut answered = 0;
                while let Some(Asked { question: DeskQuestion::Search(text), answer }) =
                    questions.next().await
                {
                    if text == "stop" {
                        answer(Ok(DeskAnswer::Bars(vec![]))).await;
                        return answered;
                    }
                    answered += 1;
                    answer(Err(SourceError::Unavailable(format!("re: {text}")))).await;
                }
                panic!("the questions ended, or one was not a search")
            })
        })
        .collect();
    let replies = at_once(100, |number| {
        let node = Arc::clone(if number % 2 == 0 { &nodes.one } else { &nodes.other });
        async move { node.ask(search(&number.to_string()), LONG).await }
    })
    .await;
    for (number, reply) in replies.into_iter().enumerate() {
        assert_eq!(reply, Err(SourceError::Unavailable(format!("re: {number}"))));
    }
    for _ in &desks {
        nodes.one.ask(search("stop"), LONG).await.unwrap();
    }
    let mut answered = 0;
    for desk in desks {
        answered += desk.await.unwrap();
    }
    assert_eq!(answered, 100);
    assert!(nodes.one.ask(search("nobody is left"), Duration::from_millis(50)).now_or_never().is_none());
}
