//! What operations cost, and who pays.
//!
//! An operation costs what the library counts as its complexity: 1 for a field, and the fields below a list as
//! often as the list may be long (questions about the schema itself cost a fiftieth); at least 1, a mutation at least 10, the start of a subscription at least 2 (of quotes, 1 for each ten instruments).
//! That is taken from a bucket of the user (of the address, where nobody is logged in) once the document is known
//! to be valid, and before anything is executed. What a subscription sends afterwards costs nothing more.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{Error, ErrorExtensions as _, Response, ServerError, ValidationResult, Value, value};
use async_trait::async_trait;
use domain::address::AddressRange;
use domain::rate::{RateLimiter, Taken};

use crate::graphql::error::{code, coded};
use crate::graphql::{self, Schema};
use crate::http::{Caller, OperationKind, Prepared, is_request_error, with_codes};
use crate::options::Budget;

mod introspection;

/// The most errors that a client is told of one document.
const MAX_ERRORS: usize = 20;

/// The most that one operation may cost.
const MAX_COST: u32 = 10_000;

/// What one operation cost, as `extensions.cost` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    requested: u32,
    available: u32,
    budget: Budget,
}

impl Cost {
    /// What was taken.
    pub fn requested(self) -> u32 {
        self.requested
    }

    /// The cost as JSON.
    pub fn value(self) -> Value {
        value!({
            "requested": self.requested,
            "available": self.available,
            "capacity": self.budget.capacity,
            "restorePerSecond": self.budget.per_second,
        })
    }

    /// The response with its cost; one that says that nothing was executed stays as it is.
    pub fn tell(self, response: Response) -> Response {
        if is_request_error(&response) { response } else { response.extension("cost", self.value()) }
    }
}

/// Measures operations, and takes what they cost.
pub(crate) struct Meter {
    schema: Schema,
    limiter: Arc<dyn RateLimiter>,
    budget: Budget,
}

impl Meter {
    /// A meter that takes from these buckets.
    pub fn new(limiter: Arc<dyn RateLimiter>, budget: Budget) -> Self {
        Self { schema: graphql::measuring(Measuring), limiter, budget }
    }

    /// Takes what an operation costs from its caller's bucket. What is wrong with the operation, or that the
    /// bucket does not hold enough, comes back as errors; then nothing was taken.
    pub async fn charge(&self, prepared: &Prepared, caller: &Caller) -> Result<Cost, Vec<ServerError>> {
        let measured = self.measure(prepared).await?;
        let requested = measured.max(least(prepared.kind));
        match self.limiter.take(&bucket(caller), requested, self.budget.into()).await {
            Taken::Granted { left } => Ok(Cost { requested, available: left, budget: self.budget }),
            Taken::Refused { left, wait } => {
                let found = Cost { requested, available: left, budget: self.budget };
                Err(vec![refused(found, wait).into_server_error(prepared.root.position)])
            }
        }
    }

    /// What an operation costs, once the library finds it valid. Nothing is executed.
    async fn measure(&self, prepared: &Prepared) -> Result<u32, Vec<ServerError>> {
        let complexity = Complexity::default();
        let mut response = self.schema.execute(prepared.request().data(complexity.clone())).await;
        let Some(complexity) = complexity.0.get() else {
            // A small document can have thousands of faults.
            response.errors.truncate(MAX_ERRORS);
            return Err(with_codes(response).errors);
        };
        let cost = complexity.saturating_add(introspection::cost(&prepared.document.parsed));
        match u32::try_from(cost) {
            Ok(cost) if cost <= MAX_COST => Ok(cost),
            _ => Err(vec![too_costly(cost).into_server_error(prepared.root.position)]),
        }
    }
}

fn least(kind: OperationKind) -> u32 {
    match kind {
        OperationKind::Query => 1,
        OperationKind::Mutation => 10,
        OperationKind::Subscription => 2,
    }
}

/// Whose bucket: the user's, whatever the session or key; of nobody, the address's.
fn bucket(caller: &Caller) -> String {
    match (&caller.principal, caller.origin.address) {
        (Some(principal), _) => format!("cost:user:{}", principal.user.id.0),
        (None, Some(address)) => of_address(address),
        (None, None) => "cost:address:unknown".to_owned(),
    }
}

fn of_address(address: IpAddr) -> String {
    format!("cost:address:{}", AddressRange::of_client(address))
}

fn too_costly(cost: usize) -> Error {
    let message = format!(
        "the operation costs {cost}, and at most {MAX_COST} is allowed; ask for fewer fields, or for shorter lists"
    );
    coded(code::LIMIT, message)
}

fn refused(cost: Cost, wait: Duration) -> Error {
    let Cost { requested, available, budget } = cost;
    if requested > budget.capacity {
        let message = format!(
            "the operation costs {requested}, and your budget never holds more than {}; ask for less at once",
            budget.capacity
        );
        return coded(code::LIMIT, message);
    }
    let wait_ms = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let message = format!(
        "the operation costs {requested}, and {available} of your budget of {} is left; try again in {wait_ms} ms",
        budget.capacity
    );
    coded(code::RATE_LIMITED, message).extend_with(|_, extensions| extensions.set("retryAfterMs", wait_ms))
}

/// Where the complexity of a valid operation is put.
#[derive(Clone, Default)]
struct Complexity(Arc<OnceLock<usize>>);

/// Notes the complexity of a valid operation, and ends there. In the schema that executes it would wrap each field.
struct Measuring;

impl ExtensionFactory for Measuring {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Measuring {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(context).await?;
        if let Some(complexity) = context.data_opt::<Complexity>() {
            // Each request brings its own.
            let _ = complexity.0.set(validated.complexity);
        }
        Err(Vec::new())
    }
}
