//! Layouts and preferences.

use async_trait::async_trait;
use domain::layout::{Content, Layout, LayoutChange, LayoutId, LayoutName, LayoutStore, MAX_LAYOUTS};
use domain::preferences::{Preferences, PreferencesStore};
use domain::store::StoreError;
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder};

use super::failure::{Failure, in_column};
use super::{Sql, run, user};

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "layouts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub name: String,
        pub content: String,
        pub version: i32,
        pub updated_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod preferences {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "preferences")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub content: String,
        pub version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn layout(self) -> Result<Layout, Failure> {
        Ok(Layout {
            id: LayoutId(self.id),
            owner: UserId(self.owner_id),
            name: LayoutName::parse(&self.name).map_err(in_column("layouts.name"))?,
            content: Content::kept(self.content),
            version: version(self.version)?,
            updated_at: self.updated_at.time()?,
        })
    }
}

fn version(kept: i32) -> Result<u32, Failure> {
    u32::try_from(kept).map_err(|_| Failure::row("a version is negative"))
}

#[async_trait]
impl LayoutStore for Sql {
    async fn list(&self, owner: UserId) -> Result<Vec<Layout>, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .order_by_asc(row::Column::Id)
                .all(&self.reader)
                .await?;
            rows.into_iter().map(row::Model::layout).collect()
        })
        .await
    }

    async fn find(&self, owner: UserId, id: LayoutId) -> Result<Option<Layout>, StoreError> {
        run(async {
            let row = row::Entity::find_by_id(id.0)
                .filter(row::Column::OwnerId.eq(owner.0))
                .one(&self.reader)
                .await?;
            row.map(row::Model::layout).transpose()
        })
        .await
    }

    async fn create(&self, layout: &Layout) -> Result<LayoutChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, layout.owner).await?;
            let of_owner = row::Entity::find().filter(row::Column::OwnerId.eq(layout.owner.0));
            if of_owner.count(&transaction).await? >= MAX_LAYOUTS {
                return Ok(LayoutChange::LimitReached);
            }
            let row = row::ActiveModel {
                id: Set(layout.id.0),
                owner_id: Set(layout.owner.0),
                name: Set(layout.name.as_str().to_owned()),
                content: Set(layout.content.as_str().to_owned()),
                version: Set(1),
                updated_at: Set(layout.updated_at.into()),
            };
            let row = row::Entity::insert(row).exec_with_returning(&transaction).await?;
            transaction.commit().await?;
            Ok(LayoutChange::Done(row.layout()?))
        })
        .await
    }

    async fn update(&self, layout: &Layout, expected: Option<u32>) -> Result<LayoutChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, layout.owner).await?;
            let own = row::Entity::find_by_id(layout.id.0).filter(row::Column::OwnerId.eq(layout.owner.0));
            let Some(present) = own.one(&transaction).await? else { return Ok(LayoutChange::NotFound) };
            let present_version = version(present.version)?;
            if expected.is_some_and(|expected| expected != present_version) {
                return Ok(LayoutChange::Outdated);
            }
            let next = present.version + 1;
            let mut row = present.into_active_model();
            row.name = Set(layout.name.as_str().to_owned());
            row.content = Set(layout.content.as_str().to_owned());
            row.version = Set(next);
            row.updated_at = Set(layout.updated_at.into());
            let row = row.update(&transaction).await?;
            transaction.commit().await?;
            Ok(LayoutChange::Done(row.layout()?))
        })
        .await
    }

    async fn delete(&self, owner: UserId, id: LayoutId) -> Result<bool, StoreError> {
        run(async {
            let gone = row::Entity::delete_many()
                .filter(row::Column::Id.eq(id.0))
                .filter(row::Column::OwnerId.eq(owner.0))
                .exec(&self.writer)
                .await?;
            Ok(gone.rows_affected > 0)
        })
        .await
    }
}

#[async_trait]
impl PreferencesStore for Sql {
    async fn find(&self, user: UserId) -> Result<Preferences, StoreError> {
        run(async {
            let row = preferences::Entity::find_by_id(user.0).one(&self.reader).await?;
            let Some(row) = row else { return Ok(Preferences::default()) };
            Ok(Preferences { content: Content::kept(row.content), version: version(row.version)? })
        })
        .await
    }

    async fn save(
        &self,
        user: UserId,
        content: &Content,
        expected: Option<u32>,
    ) -> Result<Option<Preferences>, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, user).await?;
            let present = preferences::Entity::find_by_id(user.0).one(&transaction).await?;
            let kept = present.map_or(0, |row| row.version);
            let present_version = version(kept)?;
            if expected.is_some_and(|expected| expected != present_version) {
                return Ok(None);
            }
            preferences::Entity::delete_by_id(user.0).exec(&transaction).await?;
            let row = preferences::ActiveModel {
                user_id: Set(user.0),
                content: Set(content.as_str().to_owned()),
                version: Set(kept + 1),
            };
            preferences::Entity::insert(row).exec_without_returning(&transaction).await?;
            transaction.commit().await?;
            Ok(Some(Preferences { content: content.clone(), version: present_version + 1 }))
        })
        .await
    }
}
